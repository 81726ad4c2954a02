import { describe, expect, test } from 'vitest'
import { noModulesText, noSumsText, skippedText } from '../../src/report/log.ts'

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
