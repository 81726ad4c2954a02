import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { removeTree } from '../testbed/remove-tree.ts'
import { startContext } from './context.ts'
import { actionVersion, detectSurroundings } from './machine.ts'
import type { Options } from './options.ts'
import type { Results } from './results.ts'
import { type Row, show, unitOf, valueIn } from './rows.ts'
import { scenarios } from './scenarios/all.ts'

/**
 * Runs scenarios.
 *
 * @param say logs progress, line by line
 * @param keep called with all results so far, after each scenario: an interrupted run loses one scenario. The first
 *   call has no rows, and comes before anything is measured: it may throw when these conditions do not suit
 * @param signal ends the bench
 * @throws {Error} when a scenario could not be measured
 */
export async function runBench(
  options: Options,
  say: (text: string) => void,
  keep: (results: Results) => void,
  signal: AbortSignal,
): Promise<Results> {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-bench-'))
  const began = performance.now()
  const elapsed = () => `${Math.round((performance.now() - began) / 1000)} s`
  const surroundings = detectSurroundings(folder)
  const { quick, bandwidth, latency, testSeconds } = options
  const action = actionVersion(options.action)
  const date = new Date().toISOString().slice(0, 10)
  const resultsOf = (rows: readonly Row[]): Results => ({
    ...surroundings,
    conditions: { quick, bandwidth, latency, testSeconds },
    rows: rows.map((row) => ({ ...row, date, action })),
  })
  say(`${describe(options)}; today's strategy compresses by ${surroundings.compression}`)
  let stop: (() => Promise<void>) | undefined
  try {
    keep(resultsOf([]))
    const started = await startContext(options, folder, (text) => say(`  ${text}`), signal)
    stop = started.stop
    const rows: Row[] = []
    for (const { name, does, run } of scenarios) {
      if (options.only.length > 0 && !options.only.includes(name)) continue
      say(`${name}: ${does}`)
      for (const row of await run(started.context)) {
        say(`  ${row.name}: ${row.pairs.map((pair) => show(valueIn(row, pair), unitOf(row))).join(', ')}`)
        rows.push(row)
      }
      say(`  (${elapsed()} since the start)`)
      keep(resultsOf(rows))
    }
    return resultsOf(rows)
  } finally {
    await stop?.()
    await removeTree(folder)
  }
}

function describe({ quick, bandwidth, latency }: Options): string {
  return `${quick ? 'the small project, ' : ''}${bandwidth} MB/s, ${latency} ms`
}
