// npm run bench: ratios measured in pairs in one run; an absolute time on a shared machine means nothing.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { BadOption, type Options, parseOptions, usage } from './options.ts'
import { mergeResults, type Results, renderResults, tableOf, textTable } from './results.ts'
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

/** Writes the committed results: all of them, or new rows merged into the existing ones. */
function writeCommitted(results: Results, options: Options): void {
  const before =
    options.only.length > 0 && existsSync(committed.json)
      ? (JSON.parse(readFileSync(committed.json, 'utf8')) as Results)
      : undefined
  const merged = before === undefined ? results : mergeResults(before, results)
  if (merged === undefined) {
    throw new BadOption(
      'bench/results.json was measured with other versions or options: leave --only out and measure all of it.',
    )
  }
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
