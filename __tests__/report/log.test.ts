import { describe, expect, test } from 'vitest'
import { noModulesText, noSumsText, skippedText } from '../../src/report/log.ts'

const broken = { label: 'examples/x', why: 'it is broken.', patterns: ['x'] }
const marker = { label: 'm', why: 'its go.mod is empty', patterns: ['m'], isIntended: true } as const
const unused = { ...marker, why: 'the go.work above does not use it' }

test('excluded modules are logged with the reason and both fixes', () => {
  expect(skippedText(broken)).toBe(
    'The module in examples/x is left out: it is broken. It was found, not named: name it in `modules` to have the step fail for this, or exclude it there by `!x`.',
  )
  expect(skippedText({ ...broken, patterns: ['a', 'b'] })).toMatch(/by `!a` and `!b`\.$/)
  expect(skippedText(marker)).toBe('The module in m is left out: its go.mod is empty.')
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
  expect(noSumsText(['.'])).toMatch(/^There is no go\.sum, so/)
  expect(noSumsText(['a', 'b'])).toMatch(/^There is no go\.sum in `a`, `b`, so/)
})
