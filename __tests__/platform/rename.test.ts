import { expect, test } from 'vitest'
import { retryIfLocked } from '../../src/platform/rename.ts'

/** An action that fails some times with an error of the system, and how often it was tried. */
function failing(code: string, times: number) {
  const tried = { count: 0 }
  const action = () => {
    if (tried.count++ < times) throw Object.assign(new Error(code), { code })
  }
  return { action, tried }
}

test.each(['EPERM', 'EACCES', 'EBUSY'])('on Windows, what fails with %s is tried again', (code) => {
  const { action, tried } = failing(code, 2)
  retryIfLocked(action, 'win32')
  expect(tried.count).toBe(3)
})

test.each([
  ['EPERM', 'linux'],
  ['EBUSY', 'darwin'],
  ['EXDEV', 'win32'],
  ['ENOENT', 'win32'],
])('%s on %s is final', (code, system) => {
  const { action, tried } = failing(code, 2)
  expect(() => retryIfLocked(action, system)).toThrow(code)
  expect(tried.count).toBe(1)
})

test('the last error is thrown after two seconds', () => {
  const start = performance.now()
  expect(() => retryIfLocked(failing('EPERM', 1000).action, 'win32')).toThrow('EPERM')
  expect(performance.now() - start).toBeLessThan(10_000)
})
