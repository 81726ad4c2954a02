import {
  type CacheClientResult,
  type CacheDeadlines,
  runCacheClient,
} from '../../platform/cache-client/client.ts'
import type { Store, StoreLookupResult, StoreRestoreResult, StoreSaveResult } from './store.ts'

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
  deadlines: CacheDeadlines,
): Store {
  return {
    unavailable: unavailability(environment),
    restore: async (key, prefixes, folder): Promise<StoreRestoreResult> => {
      const answer = await runCacheClient(
        { operation: 'restore', key, prefixes },
        { scratch, folder, deadlines },
      )
      if (answer.kind !== 'done') return answer
      if (answer.corrupt !== undefined) return { kind: 'corrupt', why: answer.corrupt }
      return answer.key === undefined
        ? { kind: 'nothing', message: answer.message }
        : { kind: 'restored', key: answer.key }
    },
    holds: async (key): Promise<StoreLookupResult> => {
      const answer = await runCacheClient({ operation: 'lookup', key, prefixes: [] }, { scratch, deadlines })
      if (answer.kind !== 'done') return answer
      // The service may match the key as a prefix: only the very same key counts.
      return answer.key === key ? { kind: 'exists' } : { kind: 'nothing', message: answer.message }
    },
    save: async (key, folder, onAccepted = () => undefined): Promise<StoreSaveResult> => {
      let last = ''
      const onOutput = (text: string) => {
        if (accepted.test(last + text)) onAccepted()
        last = text.slice(-100)
      }
      const answer: CacheClientResult = await runCacheClient(
        { operation: 'save', key, prefixes: [] },
        { scratch, folder, deadlines, onOutput },
      )
      if (answer.kind !== 'done') return answer
      if (answer.saved === true) return { kind: 'saved' }
      const denial = /cache write denied:[^\n"]*/.exec(`${answer.message}\n${answer.debugOutput}`)?.[0]
      if (denial !== undefined) return { kind: 'denied', message: denial.trim() }
      const fault = wrappingFault(answer.message, answer.debugOutput)
      if (fault !== undefined) return { kind: 'not-wrapped', message: fault }
      if (isOutrun(answer.message, answer.debugOutput)) return { kind: 'outrun' }
      return { kind: 'not-saved', message: answer.message }
    },
  }
}

/** What @actions/cache says when the service has given it a place to upload to (cache.ts, saveCacheV2 and saveCacheV1). */
const accepted = /Attempting to upload cache|Saving Cache \(ID:/

/**
 * What the programs say that @actions/cache wraps an entry with; undefined when they did it (tar.ts: execCommands, and
 * @actions/io for a program that is not there). Their own words are among what it says besides.
 */
function wrappingFault(said: string, debugOutput: string): string | undefined {
  const fault = /failed with (?:error|exit code)|Unable to locate executable file: [^.]*/.exec(said)?.[0]
  if (fault === undefined) return undefined
  const words = debugOutput
    .split('\n')
    .filter((line) => /(?:^|[\s/\\])(?:tar|zstd(?:mt)?|gzip)(?:\.exe)?(?: \(child\))?: /.test(line))
  return words.length === 0 ? said.replace(/^Failed to save: /, '') : [...new Set(words)].join('; ')
}

/**
 * Whether another job is saving the same entry. @actions/cache has the same words for every refusal (cache.ts,
 * saveCacheV1 and saveCacheV2, "another job may be creating this cache"); the service's own reason, a conflict, stands
 * in what it says besides.
 */
function isOutrun(said: string, debugOutput: string): boolean {
  return /another job may be/.test(said) && /\(409\)|already.exists/i.test(`${said}\n${debugOutput}`)
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

/**
 * The deadlines: five minutes for a restore and ten for a save, unless the environment says otherwise.
 *
 * @param environment may hold GO_DEPS_RESTORE_SECONDS and GO_DEPS_SAVE_SECONDS; what is not a number
 *   above zero is ignored
 */
export function cacheDeadlines(environment: Readonly<Record<string, string | undefined>>): CacheDeadlines {
  const seconds = (name: string, fallback: number) => {
    const value = Number(environment[name])
    return Number.isFinite(value) && value > 0 ? value : fallback
  }
  return { restore: seconds('GO_DEPS_RESTORE_SECONDS', 300), save: seconds('GO_DEPS_SAVE_SECONDS', 600) }
}
