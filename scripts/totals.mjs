// Sums up Vitest's JSON reports. As a program: `node scripts/totals.mjs <report>...` prints the line.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Totals
 */

/**
 * The sum over Vitest's JSON reports. A file that failed outside its tests (it did not even load) counts as one
 * failure, and so does a missing report: the run behind it ended before it could say anything.
 * @param {readonly string[]} files paths of the reports
 * @returns {Totals}
 */
export function readTotals(files) {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (const file of files) {
    const report = readReport(file)
    if (report === undefined) {
      totals.failed += 1
      continue
    }
    totals.passed += report.numPassedTests
    totals.failed += report.numFailedTests + report.testResults.filter(isBrokenFile).length
    totals.skipped += report.numPendingTests + report.numTodoTests
  }
  return totals
}

/**
 * @param {Totals} totals
 * @returns {string} `tests: N passed, N failed, N skipped`
 */
export function showTotals({ passed, failed, skipped }) {
  return `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** @param {{ status: string, assertionResults: { status: string }[] }} result */
function isBrokenFile({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed')
}

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${showTotals(readTotals(process.argv.slice(2)))}\n`)
}
