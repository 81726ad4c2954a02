// npm run bench: ratios measured in pairs in one run; an absolute time on a shared machine means nothing.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { BadOption, type Options, parseOptions, usage } from './options.ts'
import {
  changedConditions,
  mergeResults,
  type Results,
  renderResults,
  tableOf,
  textTable,
} from './results.ts'
import { runBench } from './run.ts'
import { scenarios } from './scenarios/all.ts'

const root = path.resolve(import.meta.dirname, '..')
const committed = {
  json: path.join(root, 'bench', 'results.json'),
  text: path.join(root, 'bench', 'RESULTS.md'),
}
const scratch = path.join(root, '.tools', 'bench', 'results.json')

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Merges new rows into the committed results if only some scenarios run. */
function mergeCommitted(results: Results, { only }: Options): Results {
  if (only.length === 0 || !existsSync(committed.json)) return results
  const before = JSON.parse(readFileSync(committed.json, 'utf8')) as Results
  const changes = changedConditions(before, results)
  if (changes.length === 0) return mergeResults(before, results)
  throw new BadOption(
    `bench/results.json was measured under other conditions (${changes.join(', ')}): leave the names of scenarios out and measure all of it.`,
  )
}

/** Writes the committed results. */
function writeCommitted(results: Results, options: Options): void {
  const merged = mergeCommitted(results, options)
  writeJson(committed.json, merged)
  writeFileSync(committed.text, renderResults(merged, scenarios))
}

function writeJson(file: string, results: Results): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
}

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort())

try {
  const names = scenarios.map(({ name }) => name)
  const options = parseOptions(process.argv.slice(2), names, process.env)
  if (options === 'help') say(usage(names))
  else {
    const json = path.resolve(options.json ?? scratch)
    const keep = (results: Results): void => {
      if (results.rows.length === 0) {
        if (options.write) mergeCommitted(results, options)
        return
      }
      writeJson(json, results)
      // Everything is written at the end, or existing rows that are not measured yet would be lost.
      if (options.write && options.only.length > 0) writeCommitted(results, options)
    }
    const results = await runBench(options, say, keep, interruption.signal)
    say(`\n${textTable(tableOf(results.rows))}\n`)
    say(`The numbers are in ${path.relative(process.cwd(), json)}.`)
    if (options.write) {
      writeCommitted(results, options)
      say('bench/results.json and bench/RESULTS.md are written.')
    }
  }
} catch (error) {
  if (error instanceof BadOption) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  } else if (interruption.signal.aborted) {
    process.stderr.write('The bench was interrupted.\n')
    process.exitCode = 130
  } else {
    process.stderr.write(`${(error as Error).stack}\n`)
    process.exitCode = 1
  }
}
