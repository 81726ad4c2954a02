import { githubStore } from '../cache/store/github.ts'
import type { Transfer } from '../cache/transfer.ts'
import { writeAccess } from '../cache/write-access.ts'
import { deadlines } from '../facts/deadlines.ts'
import { environment } from '../system/environment.ts'

/**
 * The way to the store of this job.
 *
 * @param folder absolute path of this action's own folder in RUNNER_TEMP
 */
export function startTransfer(folder: string): Transfer {
  const variables = environment()
  return { store: githubStore(variables, folder, deadlines(variables)), folder, access: writeAccess() }
}
