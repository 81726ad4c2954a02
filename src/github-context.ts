import { readText } from './platform/files.ts'

/** The event that started the run, as far as it decides what may be done with the cache. */
export interface Event {
  /** GITHUB_EVENT_NAME. */
  readonly name: string
  /** GITHUB_REF, such as `refs/heads/main`. */
  readonly ref: string
  /** The repository's default branch, if the event's payload or the event itself tells. */
  readonly defaultBranch: string | undefined
  /** Whether everybody can read the repository; undefined if the payload does not tell. */
  readonly isPublic: boolean | undefined
  /** Whether the code comes from a fork. */
  readonly fork: boolean
}

/**
 * Looks at the event that started the run.
 *
 * A scheduled run is always on the default branch, and its payload does not name it
 * (docs.github.com, "Events that trigger workflows", schedule).
 *
 * @param environment the environment variables of the action
 */
export function readEvent(environment: Readonly<Record<string, string | undefined>>): Event {
  const payload = readPayload(environment.GITHUB_EVENT_PATH)
  const name = environment.GITHUB_EVENT_NAME ?? ''
  const ref = environment.GITHUB_REF ?? ''
  const fromPayload = at(payload, 'repository', 'default_branch')
  const head = at(payload, 'pull_request', 'head', 'repo', 'full_name')
  const base = at(payload, 'pull_request', 'base', 'repo', 'full_name')
  const isPrivate = at(payload, 'repository', 'private')
  const scheduled = name === 'schedule' ? ref.replace(/^refs\/heads\//, '') : undefined
  return {
    name,
    ref,
    defaultBranch: typeof fromPayload === 'string' ? fromPayload : scheduled,
    isPublic: typeof isPrivate === 'boolean' ? !isPrivate : undefined,
    // The head repository is null once a fork was deleted: that is not this repository either.
    fork: at(payload, 'pull_request') !== undefined && (head === undefined || head !== base),
  }
}

function readPayload(file: string | undefined): unknown {
  const text = file === undefined ? undefined : readText(file)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // A payload that is not JSON tells nothing; the policy then takes the careful branch.
    return undefined
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const name of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Record<string, unknown>)[name]
  }
  return current ?? undefined
}

/** What tells this job from others of the repository. */
export interface JobIdentity {
  readonly workflow: string
  readonly id: string
  /** The values of the matrix leg as JSON; `null` outside a matrix. */
  readonly matrix: string
}

/**
 * Looks at the job's identity.
 *
 * GITHUB_WORKFLOW_REF names the file of the workflow; its part after `@` is the branch, which must not
 * count, or a new branch would start cold.
 *
 * @param environment the environment variables of the action
 * @param matrix the hidden input `matrix`
 */
export function readJobIdentity(
  environment: Readonly<Record<string, string | undefined>>,
  matrix: string,
): JobIdentity {
  const file = (environment.GITHUB_WORKFLOW_REF ?? '').split('@')[0] ?? ''
  return {
    workflow: file === '' ? (environment.GITHUB_WORKFLOW ?? '') : file,
    id: environment.GITHUB_JOB ?? '',
    matrix: matrix === '' ? 'null' : matrix,
  }
}

/** What a scope of a token allows: bits, as clients of the cache service read them. */
const writing = 2

/**
 * Whether a token of the cache service may save entries. GitHub puts the branches that a job may read and write into the
 * claim `ac` (tonistiigi/go-actions-cache, cache.go: Scope and Permission), and leaves nothing to write to where an event is
 * not trusted. Nothing is proven by that, and nothing needs to be: the service decides by itself.
 *
 * @param token ACTIONS_RUNTIME_TOKEN
 * @returns true also for a token that does not tell
 */
export function canTokenSave(token: string): boolean {
  const scopes = claimedScopes(token)
  return scopes === undefined || scopes.length === 0 || scopes.some((scope) => (scope & writing) !== 0)
}

/** The permissions in a token; undefined when it is no JSON Web Token, or says nothing of them. */
function claimedScopes(token: string): readonly number[] | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      ac?: unknown
    }
    const scopes = JSON.parse(String(claims.ac)) as readonly { readonly Permission?: unknown }[]
    const permissions = scopes.map((scope) => scope.Permission)
    return permissions.every((one) => typeof one === 'number')
      ? (permissions as readonly number[])
      : undefined
  } catch {
    return undefined
  }
}
