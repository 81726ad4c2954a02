import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { ownerState, ownerToken } from '../../src/platform/job-owner.ts'

test('the process that started this one is alive, and its token fits into the name of a file', () => {
  expect(ownerToken()).toMatch(/^[1-9]\d*\.\d+\.[\da-f]{8}$/)
  expect(ownerState(ownerToken())).toBe('alive')
})

test('a process that has ended is known to have', () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  expect(ownerState(ownerToken(pid))).toBe('ended')
})

test.runIf(process.platform === 'linux')('another process of the same number is another one', () => {
  const [pid, , machine] = ownerToken().split('.')
  expect(ownerState(`${pid}.1.${machine}`)).toBe('ended')
})

test('of another machine, or without a number, nothing is known', () => {
  const [pid, start] = ownerToken().split('.')
  for (const token of [`${pid}.${start}.00000000`, ownerToken(0), '', 'x.y.z'])
    expect(ownerState(token)).toBe('unknown')
})
