import { type ChildProcess, spawnSync } from 'node:child_process'
import { windowsProgram } from './program.ts'
import { debug } from './runner.ts'

/** How long a program that ends others may take, in milliseconds. */
const mostEnding = 3000

/** Ends a child and all that it has started; it has been started with `detached` where it is the leader of a group. */
export function killTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    if (process.platform === 'win32') {
      const args = ['/pid', String(child.pid), '/T', '/F']
      const { status } = spawnSync(windowsProgram('taskkill'), args, {
        windowsHide: true,
        timeout: mostEnding,
      })
      if (status !== 0) child.kill('SIGKILL')
    } else {
      process.kill(-child.pid, 'SIGKILL')
    }
  } catch (error) {
    debug(`process ${child.pid} had ended already, or cannot be ended: ${(error as Error).message}`)
  }
}
