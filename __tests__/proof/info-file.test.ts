import { expect, test } from 'vitest'
import { describesVersion } from '../../src/proof/info-file.ts'

test.each([
  ['{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z"}', true],
  ['{"Version":"v1.0.1","Time":"2020-01-01T00:00:00Z"}', false],
  ['{"Version":"v1.0.0"', false],
  ['', false],
  ['null', false],
  ['[]', false],
])('%s describes v1.0.0: %s', (text, expected) => {
  expect(describesVersion(text, 'v1.0.0')).toBe(expected)
})
