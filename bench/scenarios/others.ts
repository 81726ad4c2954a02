import type { Context } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import { type JobSpec, secondsOf } from '../side.ts'

/** Measures the other set-ups that users have with the same jobs. */
export interface Others {
  /**
   * Runs a job on each of them.
   *
   * @param ours the value of ours
   * @param before a job that runs first, unmeasured, so that its entry is the newest
   * @param steps the measured steps
   */
  readonly measure: (ours: number, spec: JobSpec, steps: readonly string[], before?: JobSpec) => Promise<void>
  /** A row for each of them, next to the one against setup-go's strategy. */
  readonly rows: (row: Row) => readonly Row[]
}

/** The names of the other set-ups in a table. */
export const otherTitles: Readonly<Record<string, string>> = {
  'cache-go': 'cache-go',
  'two-entries': 'two entries by hand',
}

/** Prepares measuring the other set-ups. They have no aims. */
export async function startOthers(context: Context): Promise<Others> {
  const sides = await context.others()
  for (const side of sides) await side.forget()
  const pairs = new Map<string, Pair[]>(sides.map(({ name }) => [name, []]))
  return {
    async measure(ours, spec, steps, before) {
      for (const side of sides) {
        if (before !== undefined) await side.run(before)
        const other = secondsOf(await side.run(spec), ...steps)
        pairs.get(side.name)?.push({ ours, other })
        context.say(`${side.name}: ${other.toFixed(1)} s`)
      }
    },
    rows: ({ aim: _, ...row }) =>
      [...pairs].map(([name, of]) => ({
        ...row,
        ...{ name: `${row.name}-${name}`, versus: otherTitles[name] ?? name, pairs: of },
      })),
  }
}
