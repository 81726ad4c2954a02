import { describe, expect, test } from 'vitest'
import { mainSamples } from '../../scripts/summary-picture/samples.ts'
import { noModulesText, noSumsText, restoreLog, saveLog, skippedText } from '../../src/report/log.ts'

const broken = { label: 'examples/x', why: 'it is broken.', patterns: ['x'] }
const marker = { label: 'm', why: 'its go.mod is empty', patterns: ['m'], isIntended: true } as const
const unused = { ...marker, why: 'the go.work above does not use it' }

test('excluded modules are logged with the reason and both fixes', () => {
  expect(skippedText(broken)).toBe(
    'The module in examples/x is skipped: it is broken. To fail the step for this, list the module in `modules`. To skip it without this message, add `!x` to `modules`.',
  )
  expect(skippedText({ ...broken, patterns: ['a', 'b'] })).toMatch(/add `!a` and `!b` to `modules`\.$/)
  expect(skippedText(marker)).toBe('The module in m is skipped: its go.mod is empty.')
})

describe('when nothing remains', () => {
  test.each([
    [[], false, /^There is no go\.mod in this checkout/],
    [[], true, /^Input `modules` excludes every module/],
    [[marker], false, /^No go\.mod in this checkout names a module/],
    [[marker, unused], false, /^The go\.work above uses none/],
    [[unused, broken], true, /^None of the modules that were found can be used/],
  ])('of %j, excluding %s', (leftOut, areExcluded, text) => {
    expect(noModulesText(leftOut, areExcluded)).toMatch(text)
  })
})

test('modules without go.sum are named, unless it is the checkout itself', () => {
  expect(noSumsText(['.'])).toMatch(/^go\.sum is missing, so/)
  expect(noSumsText(['a', 'b'])).toMatch(/^go\.sum is missing in `a`, `b`, so/)
})

describe('the transfer of an entry', () => {
  const transfer = { store: 'github', bytes: 312_000_000, seconds: 3.2, requests: 78, retries: 0 }
  const saved = { saved: true, exists: false, why: 'x', key: 'k', files: 1, bytes: 1, seconds: 1, error: '' }
  const line = 'transfer: 312 MB in 3.2 s, 98 MB/s, 78 requests (cache-backend github)'

  test('is logged with its speed, after a restore and after a save', () => {
    const [report] = mainSamples.warm?.caches ?? []
    if (report?.outcome === undefined) throw new Error('the sample has no outcome')
    expect(restoreLog(report).lines.join()).not.toContain('transfer')
    expect(restoreLog({ ...report, outcome: { ...report.outcome, transfer } }).lines).toContain(line)
    expect(saveLog({ name: 'build', outcome: saved }).lines.join()).not.toContain('transfer')
    expect(saveLog({ name: 'build', outcome: { ...saved, transfer } }).lines).toContain(line)
  })

  test('is logged with its retries', () => {
    const retried = { ...transfer, retries: 2 }
    expect(saveLog({ name: 'build', outcome: { ...saved, transfer: retried } }).lines).toContain(
      'transfer: 312 MB in 3.2 s, 98 MB/s, 78 requests, 2 of them retried (cache-backend github)',
    )
  })
})
