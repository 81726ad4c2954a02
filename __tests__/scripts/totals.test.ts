import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const script = join(dirname(dirname(import.meta.dirname)), 'scripts', 'totals.mjs')

// A shortened JSON report of Vitest; a file that fails to load has no assertions.
const reports = {
  good: { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, testResults: [] },
  bad: {
    numPassedTests: 2,
    numFailedTests: 1,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [
      { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
      { status: 'failed', assertionResults: [] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ],
  },
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'totals-'))
  for (const [name, report] of Object.entries(reports)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(report))
  }
  await writeFile(join(folder, 'cut.json'), '{"numPassedTests": 3')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  [['good'], 'tests: 3 passed, 0 failed, 2 skipped'],
  [['good', 'bad'], 'tests: 5 passed, 2 failed, 2 skipped'],
  [['good', 'missing'], 'tests: 3 passed, 1 failed, 2 skipped'],
  [['cut'], 'tests: 0 passed, 1 failed, 0 skipped'],
])('counts the totals of %j', async (names, line) => {
  const files = names.map((name) => join(folder, `${name}.json`))
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...files])
  expect(stdout).toBe(`${line}\n`)
})
