import { readText } from './platform/files.ts'

/** The facts of the event that started the run which decide how the cache may be used. */
export interface Event {
  /** GITHUB_EVENT_NAME. */
  readonly name: string
  /** GITHUB_REF, such as `refs/heads/main`. */
  readonly ref: string
  /** The repository's default branch; undefined if neither the payload nor the event reveals it. */
  readonly defaultBranch: string | undefined
  /** Whether the repository is public; undefined if the payload does not contain it. */
  readonly isPublic: boolean | undefined
  /** Whether the code comes from a fork. */
  readonly fork: boolean
}

/**
 * Reads the event that started the run.
 *
 * A scheduled run is always on the default branch, and its payload does not name that branch
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
    // The head repository is null after the fork was deleted: the code still comes from a fork.
    fork: at(payload, 'pull_request') !== undefined && (head === undefined || head !== base),
  }
}

function readPayload(file: string | undefined): unknown {
  const text = file === undefined ? undefined : readText(file)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // A payload that is not JSON yields no facts; the policy then uses cautious defaults.
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

/** The values that distinguish this job from others of the repository. */
export interface JobIdentity {
  readonly workflow: string
  readonly id: string
  /** The values of the matrix leg as JSON; `null` outside a matrix. */
  readonly matrix: string
}

/**
 * Reads the job's identity.
 *
 * GITHUB_WORKFLOW_REF names the file of the workflow. Its part after `@` is the branch, which must not
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

/** The bit of a scope's permission that allows writes, as clients of the cache service read it. */
const writing = 2

/**
 * Whether a token of the cache service may save entries. GitHub lists the branches that a job may read and write in the
 * claim `ac` (tonistiigi/go-actions-cache, cache.go: Scope and Permission). For an event that it does not trust, no
 * branch is writable. The signature is not checked, because the service itself enforces the permission.
 *
 * @param token ACTIONS_RUNTIME_TOKEN
 * @returns true also for a token whose permissions are unknown
 */
export function canTokenSave(token: string): boolean {
  const scopes = claimedScopes(token)
  return scopes === undefined || scopes.length === 0 || scopes.some((scope) => (scope & writing) !== 0)
}

/** Reads the permissions in a token; undefined when it is not a JSON Web Token or contains none. */
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
