import { expect, test } from 'vitest'
import { hasGoFlag } from '../../src/modules/goflags.ts'

test.each([
  ['-trimpath', true],
  ['--trimpath=true -race', true],
  ['-race\t-trimpath', true],
  ['-trimpath=false', false],
  ['-trimpathx', false],
  ['-ldflags=-trimpath', false],
  ['', false],
])('GOFLAGS=%j: %s', (goflags, isOn) => {
  expect(hasGoFlag(goflags, 'trimpath')).toBe(isOn)
})
