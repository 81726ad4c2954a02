import { type Answer, carry, type Deadlines } from '../../system/carrier.ts'
import type { Held, Restored, Saved, Store } from './store.ts'

/**
 * The cache service of GitHub Actions and of the runners that speak its protocol, reached through
 * @actions/cache in a child process.
 *
 * @param environment the environment variables of the action
 * @param scratch a folder of this job on any file system, for the client's own files
 * @param deadlines how long a restore and a save may take, in seconds
 */
export function githubStore(
  environment: Readonly<Record<string, string | undefined>>,
  scratch: string,
  deadlines: Deadlines,
): Store {
  return {
    unavailable: unavailability(environment),
    restore: async (key, prefixes, folder): Promise<Restored> => {
      const answer = await carry({ operation: 'restore', key, prefixes }, { scratch, folder, deadlines })
      if (answer.kind !== 'done') return answer
      if (answer.corrupt !== undefined) return { kind: 'corrupt', why: answer.corrupt }
      return answer.key === undefined
        ? { kind: 'nothing', said: answer.said }
        : { kind: 'restored', key: answer.key }
    },
    holds: async (key): Promise<Held> => {
      const answer = await carry({ operation: 'lookup', key, prefixes: [] }, { scratch, deadlines })
      if (answer.kind !== 'done') return answer
      // The service may match the key as a prefix: only the very same key counts.
      return answer.key === key ? { kind: 'held' } : { kind: 'nothing', said: answer.said }
    },
    save: async (key, folder, onAccepted = () => undefined): Promise<Saved> => {
      let last = ''
      const hear = (text: string) => {
        if (accepted.test(last + text)) onAccepted()
        last = text.slice(-100)
      }
      const answer: Answer = await carry(
        { operation: 'save', key, prefixes: [] },
        { scratch, folder, deadlines, hear },
      )
      if (answer.kind !== 'done') return answer
      if (answer.saved === true) return { kind: 'saved' }
      const denial = /cache write denied:[^\n"]*/.exec(`${answer.said}\n${answer.murmured}`)?.[0]
      if (denial !== undefined) return { kind: 'denied', said: denial.trim() }
      const fault = wrappingFault(answer.said, answer.murmured)
      if (fault !== undefined) return { kind: 'not-wrapped', said: fault }
      if (isOutrun(answer.said, answer.murmured)) return { kind: 'outrun' }
      return { kind: 'not-saved', said: answer.said }
    },
  }
}

/** What @actions/cache says when the service has given it a place to upload to (cache.ts, saveCacheV2 and saveCacheV1). */
const accepted = /Attempting to upload cache|Saving Cache \(ID:/

/**
 * What the programs say that @actions/cache wraps an entry with; undefined when they did it (tar.ts: execCommands, and
 * @actions/io for a program that is not there). Their own words are among what it says besides.
 */
function wrappingFault(said: string, murmured: string): string | undefined {
  const fault = /failed with (?:error|exit code)|Unable to locate executable file: [^.]*/.exec(said)?.[0]
  if (fault === undefined) return undefined
  const words = murmured
    .split('\n')
    .filter((line) => /(?:^|[\s/\\])(?:tar|zstd(?:mt)?|gzip)(?:\.exe)?(?: \(child\))?: /.test(line))
  return words.length === 0 ? said.replace(/^Failed to save: /, '') : [...new Set(words)].join('; ')
}

/**
 * Whether another job is saving the same entry. @actions/cache has the same words for every refusal (cache.ts,
 * saveCacheV1 and saveCacheV2, "another job may be creating this cache"); the service's own reason, a conflict, stands
 * in what it says besides.
 */
function isOutrun(said: string, murmured: string): boolean {
  return /another job may be/.test(said) && /\(409\)|already.exists/i.test(`${said}\n${murmured}`)
}

/**
 * Without a service @actions/cache tries for ten seconds before it gives up, so we look first. Which
 * variable counts is decided by its config.ts; here it is enough that one is there.
 */
function unavailability(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const isNamed = ['ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_URL'].some(
    (name) => (environment[name] ?? '') !== '',
  )
  return isNamed ? undefined : 'this runner offers no cache service'
}
