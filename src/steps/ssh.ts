import * as path from 'node:path'
import type { Event } from '../facts/event.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import { sshSecrets } from '../modules/settings/ssh-keys.ts'
import { lookAtSsh, type SshObstacle, type SshSource } from '../private/look-at-ssh.ts'
import { placeSsh, type SshAround, type SshVariables } from '../private/place-ssh.ts'
import { environment, homeFolder, temporaryFolder } from '../system/environment.ts'
import { removeIfPossible } from '../system/files.ts'
import * as runner from '../system/runner.ts'
import { fillOwnFolder } from './own-folder.ts'
import { linesOf } from './secretless.ts'

type SshInputs = Pick<
  Inputs,
  'ssh-private-key' | 'ssh-known-hosts' | 'credentials' | 'credentials-required' | 'export-credentials'
>

/** Hides the keys, before anything else is done. */
export function maskSshKeys({ 'ssh-private-key': { keys } }: Pick<Inputs, 'ssh-private-key'>): void {
  for (const secret of sshSecrets(keys)) runner.mask(secret)
}

/** How ssh is used here; nothing where there are no keys, or where it cannot be used. */
export interface FoundSsh {
  readonly around: SshAround | undefined
  readonly problems: readonly Problem[]
}

/** Looks at git and ssh, and says what is wrong: keys that are missing are nothing wrong in runs that get none. */
export async function findSsh(inputs: SshInputs, { fork }: Pick<Event, 'fork'>): Promise<FoundSsh> {
  const { keys, lacking } = inputs['ssh-private-key']
  const problems: Problem[] = []
  if (lacking.length > 0 && (!fork || inputs['credentials-required'])) {
    problems.push({
      what: `Input \`ssh-private-key\` has no key below ${linesOf(lacking)}`,
      allowed: '',
      mend: 'Is the secret set for this repository? Runs for forks and of Dependabot get none of it.',
    })
  }
  if (keys.length === 0) return { around: undefined, problems }
  const looked = await lookAtSsh(keys, { folder: temporaryFolder(), home: homeFolder() })
  if (!('kind' in looked)) return { around: looked, problems }
  return { around: undefined, problems: [...problems, obstacleProblem(looked)] }
}

/** The setting is named, never shown: a password may be in it. */
function obstacleProblem({ kind, source }: SshObstacle & { readonly source: SshSource }): Problem {
  const what = 'Input `ssh-private-key` cannot be used'
  const set = source === '' ? 'ssh' : source
  switch (kind) {
    case 'no-git':
      return {
        what: `${what}: there is no \`git\` on PATH`,
        allowed: '',
        mend: 'Install git before this step.',
      }
    case 'no-ssh':
      return source === ''
        ? {
            what: `${what}: there is no \`ssh\` on PATH`,
            allowed: '',
            mend: 'Install OpenSSH’s client before this step; Debian and Ubuntu call it openssh-client, Alpine openssh-client-default.',
          }
        : {
            what: `${what}: ${set} names a program that does not start`,
            allowed: '',
            mend: 'Correct it, or take it away.',
          }
    case 'other-ssh':
      return {
        what: `${what}: ${set} does not lead to OpenSSH 6.8 or newer`,
        allowed: '',
        mend: `Let ${source === '' ? 'the first `ssh` on PATH' : set} be OpenSSH, such as git for Windows brings it.`,
      }
    case 'lax-ssh':
      return {
        what: `${what}: ${set} switches the check of host keys off, so that any server could stand for yours`,
        allowed: '',
        mend: 'Take StrictHostKeyChecking out of it, and name the host keys in `ssh-known-hosts`.',
      }
  }
}

/**
 * Puts the keys where git of this process finds them.
 *
 * @param around what `findSsh` has found
 * @returns the variables that lead there; undefined where there are no keys
 */
export function installSsh(inputs: SshInputs, around: SshAround | undefined): SshVariables | undefined {
  const { keys, lacking } = inputs['ssh-private-key']
  const { lines } = inputs['ssh-known-hosts']
  if (around === undefined) {
    if (lines.length > 0 && lacking.length === 0) {
      runner.warning(
        'Input `ssh-known-hosts` has no effect: it is for the servers of `ssh-private-key` alone.',
      )
    }
    return undefined
  }
  const kept = [
    // Bearer tokens are for Go's own requests, and open nothing to git.
    ...inputs.credentials.credentials.filter(({ user }) => user !== undefined),
    ...(inputs['export-credentials'] ? checkedOutRepository() : []),
  ]
  return fillOwnFolder(
    'ssh',
    (folder) => placeSsh(keys, { knownHosts: lines, kept, around, folder }),
    // A variable cannot be unset for later steps, and git takes an empty one for a program.
    { GIT_SSH_COMMAND: 'ssh' },
  )
}

/** What later steps do with the checkout by git is not for keys of modules: actions/checkout has left it credentials. */
function checkedOutRepository(): readonly { readonly host: string; readonly path: string }[] {
  const { GITHUB_SERVER_URL = '', GITHUB_REPOSITORY = '' } = environment()
  const [, host = ''] = /^https:\/\/([^/]+)/.exec(GITHUB_SERVER_URL) ?? []
  return host === '' || GITHUB_REPOSITORY === '' ? [] : [{ host, path: GITHUB_REPOSITORY }]
}

/** Removes them when main ends, where later steps are not to have them. */
export function removeSsh(variables: SshVariables): void {
  removeIfPossible(folderOf(variables))
}

/** The file of the last setting is in it. */
function folderOf(variables: SshVariables): string {
  const last = Number(variables.GIT_CONFIG_COUNT) - 1
  return path.dirname(variables[`GIT_CONFIG_VALUE_${last}`] ?? '')
}
