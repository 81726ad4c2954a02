import * as fs from 'node:fs'
import { errorCode } from './open-files.ts'

/**
 * Renames a file or a directory, with the patience of `retryIfLocked`.
 *
 * @throws the system's error when every attempt fails
 */
export function renamePatiently(from: string, to: string): void {
  retryIfLocked(() => fs.renameSync(from, to))
}

/**
 * Does something to a file. On Windows a scanner may hold a file that was just written. So there it retries for two
 * seconds, as Go does (cmd/internal/robustio).
 *
 * @param action a synchronous function
 * @param system the system, as in `process.platform`
 * @throws the error of the last attempt
 */
export function retryIfLocked(action: () => void, system: string = process.platform): void {
  const last = performance.now() + (system === 'win32' ? 2000 : 0)
  for (;;) {
    try {
      action()
      return
    } catch (error) {
      const isLocked = ['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error) ?? '')
      if (!isLocked || performance.now() >= last) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    }
  }
}
