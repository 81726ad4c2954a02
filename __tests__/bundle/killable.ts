import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobOptions } from '../../testbed/runner/job.ts'

/** Steps that can be killed with all their processes at once, as a machine does that dies. */
export interface Killable {
  /** For the job whose steps they are. */
  readonly user: NonNullable<JobOptions['user']>
  /** Waits until the next step has begun, and answers what kills it; a step that has ended by then stays ended. */
  readonly begun: () => Promise<() => void>
}

/**
 * Starts the steps of a job as leaders of process groups; needs setsid, and so Linux.
 *
 * @param folder absolute path of a folder that is there
 */
export function killable(folder: string): Killable {
  const [node, leader] = [path.join(folder, 'node-in-a-group'), path.join(folder, 'leader')]
  // Not sh: dash drops variables whose names hold a hyphen, and so most inputs.
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
