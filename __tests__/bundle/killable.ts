import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobOptions } from '../../testbed/runner/job.ts'

/** Steps that can be killed with all their processes at once, as a machine failure does. */
export interface Killable {
  /** For the job whose steps they are. */
  readonly user: NonNullable<JobOptions['user']>
  /** Waits until the next step has started, and returns a function that kills it; a step that has ended stays ended. */
  readonly begun: () => Promise<() => void>
}

/**
 * Starts the steps of a job as leaders of process groups; needs setsid, and so Linux.
 *
 * @param folder absolute path of an existing folder
 */
export function killable(folder: string): Killable {
  const [node, leader] = [path.join(folder, 'node-in-a-group'), path.join(folder, 'leader')]
  // Not sh: dash drops variables with a hyphen in their names, and so most inputs.
  const script = `#!/bin/bash\necho $$ > '${leader}.new'; mv '${leader}.new' '${leader}'\nexec setsid '${process.execPath}' "$@"\n`
  writeFileSync(node, script, { mode: 0o755 })
  rmSync(leader, { force: true })
  return {
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, node },
    begun: async () => {
      while (!existsSync(leader)) await sleep(1)
      const pid = Number(readFileSync(leader, 'utf8'))
      rmSync(leader)
      return () => {
        try {
          process.kill(-pid, 'SIGKILL')
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
        }
      }
    },
  }
}
