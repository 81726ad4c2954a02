import * as path from 'node:path'
import type { Event } from '../facts/event.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import { credentialSecrets } from '../modules/settings/credentials.ts'
import { type CredentialVariables, placeCredentials } from '../private/place-credentials.ts'
import { environment, homeFolder, jobIdentity, setVariable, temporaryFolder } from '../system/environment.ts'
import { entriesOf, makePrivateDirectory, removeIfPossible } from '../system/files.ts'
import * as runner from '../system/runner.ts'

/** Begins the name of a folder with credentials in RUNNER_TEMP; which job's it is comes next. */
const prefix = 'go-deps-credentials-'
const stateName = 'credentials'

/** What post is told: where they are, and what the variables were before that lead there. */
interface CredentialState {
  readonly folder: string
  readonly before: Readonly<Record<string, string>>
}

/** Hides the secrets, and removes what a killed job has left: before anything else is done. */
export function guardCredentials({ credentials }: Pick<Inputs, 'credentials'>): void {
  for (const secret of credentialSecrets(credentials.credentials)) runner.mask(secret)
  const folder = temporaryFolder()
  const own = `${prefix}${jobIdentity()}-`
  for (const { name } of entriesOf(folder)) {
    if (name.startsWith(prefix) && !name.startsWith(own)) removeIfPossible(path.join(folder, name))
  }
}

/** What is wrong with credentials that have no secret: nothing, in runs that get none. */
export function credentialProblems(
  inputs: Pick<Inputs, 'credentials' | 'credentials-required'>,
  { fork }: Pick<Event, 'fork'>,
): readonly Problem[] {
  const { credentials, lacking } = inputs.credentials
  const isRequired = inputs['credentials-required']
  if (isRequired && credentials.length + lacking.length === 0) {
    return [
      {
        what: 'Input `credentials` is empty, and `credentials-required` is true',
        allowed: '',
        mend: 'Set the secrets that it is made of. Runs for forks and of Dependabot get none.',
      },
    ]
  }
  if (lacking.length === 0 || (fork && !isRequired)) return []
  return [
    {
      what: `Input \`credentials\` has no secret for ${lacking.join(', ')}`,
      allowed: '',
      mend: 'Is the secret set for this repository? Runs for forks and of Dependabot get none of it.',
    },
  ]
}

/**
 * Puts credentials where git and the go command of this process find them. Post knows of the folder before there is
 * anything in it.
 *
 * @param goauth GOAUTH as it will be
 * @returns the variables that lead there; undefined where there are no credentials
 */
export function installCredentials(
  { credentials: { credentials, lacking } }: Pick<Inputs, 'credentials'>,
  goauth: string,
): CredentialVariables | undefined {
  if (lacking.length > 0) {
    runner.notice(
      `This run gets no secrets, so there are no credentials for ${lacking.join(', ')}. Private modules there cannot be fetched, unless a cache has them.`,
    )
  }
  if (credentials.length === 0) return undefined
  const folder = makePrivateDirectory(path.join(temporaryFolder(), `${prefix}${jobIdentity()}-`))
  runner.saveState(stateName, JSON.stringify({ folder, before: {} } satisfies CredentialState))
  const variables = placeCredentials(credentials, { folder, home: homeFolder(), goauth })
  const before = Object.fromEntries(
    Object.keys(variables).map((name) => [name, environment()[name] ?? ''] as const),
  )
  runner.saveState(stateName, JSON.stringify({ folder, before } satisfies CredentialState))
  for (const [name, value] of Object.entries(variables)) setVariable(name, value)
  return variables
}

/** Lets later steps use them. */
export function exportCredentials(variables: CredentialVariables): void {
  for (const [name, value] of Object.entries(variables)) runner.exportVariable(name, value)
}

/**
 * Removes what `installCredentials` has left, in main or in post, and gives the variables of later steps back what they
 * were.
 *
 * @param given the variables, in main
 */
export function removeCredentials(given?: CredentialVariables): void {
  if (given?.NETRC !== undefined) removeIfPossible(path.dirname(given.NETRC))
  const state = runner.savedState(stateName)
  if (given !== undefined || state === '') return
  const { folder, before } = JSON.parse(state) as CredentialState
  removeIfPossible(folder)
  for (const [name, value] of Object.entries(before)) {
    // Only what was exported is another one here.
    if ((environment()[name] ?? '') !== value) runner.exportVariable(name, value)
  }
}
