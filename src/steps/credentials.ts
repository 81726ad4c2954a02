import * as path from 'node:path'
import type { Event } from '../facts/event.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import { credentialSecrets } from '../modules/settings/credentials.ts'
import { type CredentialVariables, placeCredentials } from '../private/place-credentials.ts'
import { homeFolder } from '../system/environment.ts'
import { removeIfPossible } from '../system/files.ts'
import * as runner from '../system/runner.ts'
import { fillOwnFolder } from './own-folder.ts'
import { linesOf } from './secretless.ts'

/** Hides the secrets, before anything else is done. */
export function maskCredentials({ credentials }: Pick<Inputs, 'credentials'>): void {
  for (const secret of credentialSecrets(credentials.credentials)) runner.mask(secret)
}

/**
 * What is wrong with credentials: that they have no secret, but for runs that get none, or that Go is told to use none.
 *
 * @param goauth GOAUTH as it will be
 */
export function credentialProblems(
  inputs: Pick<Inputs, 'credentials' | 'credentials-required' | 'ssh-private-key'>,
  event: Pick<Event, 'fork'>,
  goauth: string,
): readonly Problem[] {
  const bearers = inputs.credentials.credentials.filter(({ user }) => user === undefined)
  if (bearers.length === 0 || goauth !== 'off') return secretProblems(inputs, event)
  return [
    ...secretProblems(inputs, event),
    {
      what: `Input \`credentials\` has a bearer token in ${linesOf(bearers.map(({ line }) => line))}, and GOAUTH is off, so that the go command sends none`,
      allowed: '',
      mend: 'Take GOAUTH=off away, or these lines.',
    },
  ]
}

function secretProblems(
  inputs: Pick<Inputs, 'credentials' | 'credentials-required' | 'ssh-private-key'>,
  { fork }: Pick<Event, 'fork'>,
): readonly Problem[] {
  const { credentials, lacking } = inputs.credentials
  const isRequired = inputs['credentials-required']
  const ssh = inputs['ssh-private-key']
  if (isRequired && credentials.length + lacking.length + ssh.keys.length + ssh.lacking.length === 0) {
    return [
      {
        what: 'Input `credentials` is empty, `ssh-private-key` is, too, and `credentials-required` is true',
        allowed: '',
        mend: 'Set the secrets that it is made of. Runs for forks and of Dependabot get none.',
      },
    ]
  }
  if (lacking.length === 0 || (fork && !isRequired)) return []
  return [
    {
      what: `Input \`credentials\` has no secret in ${linesOf(lacking)}`,
      allowed: '',
      mend: 'Is the secret set for this repository? Runs for forks and of Dependabot get none of it. A blank at the end of a line stands for an empty secret behind a user: if the word before it is the token, take the blank away.',
    },
  ]
}

/**
 * Puts credentials where git and the go command of this process find them.
 *
 * @param goauth GOAUTH as it will be
 * @returns the variables that lead there; undefined where there are no credentials
 */
export function installCredentials(
  { credentials: { credentials } }: Pick<Inputs, 'credentials'>,
  goauth: string,
): CredentialVariables | undefined {
  if (credentials.length === 0) return undefined
  const home = homeFolder()
  return fillOwnFolder('credentials', (folder) => placeCredentials(credentials, { folder, home, goauth }))
}

/** Removes them when main ends, where later steps are not to have them. */
export function removeCredentials({ NETRC = '' }: CredentialVariables): void {
  if (NETRC !== '') removeIfPossible(path.dirname(NETRC))
}
