import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { ownerState, ownerToken } from '../../src/platform/job-owner.ts'

test('the parent process is alive, and its token fits into a file name', () => {
  expect(ownerToken()).toMatch(/^[1-9]\d*\.\d+\.[\da-f]{8}$/)
  expect(ownerState(ownerToken())).toBe('alive')
})

test('an ended process is recognised as ended', () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  expect(ownerState(ownerToken(pid))).toBe('ended')
})

test.runIf(process.platform === 'linux')('another process with the same number is recognised', () => {
  const [pid, , machine] = ownerToken().split('.')
  expect(ownerState(`${pid}.1.${machine}`)).toBe('ended')
})

test('the state is unknown for another machine, or without a number', () => {
  const [pid, start] = ownerToken().split('.')
  for (const token of [`${pid}.${start}.00000000`, ownerToken(0), '', 'x.y.z'])
    expect(ownerState(token)).toBe('unknown')
})
