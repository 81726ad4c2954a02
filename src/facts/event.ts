import { readText } from '../system/files.ts'

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
export function lookAtEvent(environment: Readonly<Record<string, string | undefined>>): Event {
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
