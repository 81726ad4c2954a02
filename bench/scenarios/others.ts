import type { Context } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import { type JobWish, secondsOf } from '../side.ts'

/** What the other set-ups that users have take for the same jobs. */
export interface Others {
  /**
   * Runs a job on each of them.
   *
   * @param ours what ours took
   * @param before a job that runs first and is not measured, so that what it saves is the newest
   * @param steps the steps that are measured
   */
  readonly measure: (ours: number, wish: JobWish, steps: readonly string[], before?: JobWish) => Promise<void>
  /** A row for each of them, beside the one against setup-go's strategy. */
  readonly rows: (row: Row) => readonly Row[]
}

/** What the other set-ups are called in a table. */
export const otherTitles: Readonly<Record<string, string>> = {
  'cache-go': 'cache-go',
  'two-entries': 'two entries by hand',
}

/** Prepares measuring the other set-ups. They have no aims: what they miss is known, and not what they reach. */
export async function startOthers(context: Context): Promise<Others> {
  const sides = await context.others()
  for (const side of sides) await side.forget()
  const pairs = new Map<string, Pair[]>(sides.map(({ name }) => [name, []]))
  return {
    async measure(ours, wish, steps, before) {
      for (const side of sides) {
        if (before !== undefined) await side.run(before)
        const other = secondsOf(await side.run(wish), ...steps)
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
