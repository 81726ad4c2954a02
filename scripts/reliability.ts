/**
 * Writes the tables in docs/reliability.md from Vitest's report of the tests in __tests__/faults. With `--check` it
 * writes nothing and fails when the page says something else than the tests have shown.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { withGeneratedParts } from '../src/inputs/render.ts'
import { damagesText, faultTables, type Report, untoldFaults } from './reliability-tables.ts'

const page = new URL('../docs/reliability.md', import.meta.url)
const [file = '.tools/report.json'] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const report = JSON.parse(readFileSync(file, 'utf8')) as Report
const tables = faultTables(report)
const damages = damagesText(report)
const before = readFileSync(page, 'utf8')

const untold = untoldFaults(report, before)
if (tables === undefined && process.argv.includes('--check') && untold.length > 0) {
  console.error(`docs/reliability.md lacks these rows; run \`npm run reliability\`:\n${untold.join('\n')}`)
  process.exitCode = 1
} else if (tables === undefined) {
  console.log('Not every fault was tried here, or some failed: docs/reliability.md stays as it is.')
} else {
  const after = withGeneratedParts(before, {
    faults: tables,
    ...(damages === undefined ? {} : { damages }),
  })
  if (after === before) console.log('docs/reliability.md is what the tests have shown')
  else if (process.argv.includes('--check')) {
    console.error('docs/reliability.md is not what the tests have shown: run `npm run reliability`')
    process.exitCode = 1
  } else writeFileSync(page, after)
}
