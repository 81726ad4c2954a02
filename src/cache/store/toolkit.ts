import {
  type CacheClientResult,
  type CacheDeadlines,
  runCacheClient,
} from '../../platform/cache-client/client.ts'
import type { Variables } from '../../platform/environment.ts'
import {
  denialIn,
  type Store,
  type StoreFindResult,
  type StoreLookupResult,
  type StoreRestoreResult,
  type StoreSaveResult,
} from './store.ts'

/**
 * Returns the cache service of GitHub Actions and of the runners that implement its protocol. A child
 * process with @actions/cache accesses it.
 *
 * @param variables the variables of the child process
 * @param scratch folder of this job on any file system, for the client's own files
 * @param deadlines maximum duration of a restore and of a save, in seconds
 */
export function toolkitStore(variables: Variables, scratch: string, deadlines: CacheDeadlines): Store {
  return {
    unavailable: unavailability(variables),
    restore: async (key, prefixes, folder): Promise<StoreRestoreResult> => {
      const answer = await runCacheClient(
        { operation: 'restore', key, prefixes },
        { scratch, folder, deadlines, variables },
      )
      if (answer.kind !== 'done') return answer
      if (answer.corrupt !== undefined) return { kind: 'corrupt', why: answer.corrupt }
      return answer.key === undefined
        ? { kind: 'nothing', message: answer.message }
        : { kind: 'restored', key: answer.key }
    },
    find: async (key, prefixes): Promise<StoreFindResult> => {
      const answer = await runCacheClient(
        { operation: 'lookup', key, prefixes },
        { scratch, deadlines, variables },
      )
      if (answer.kind !== 'done') return answer
      return answer.key === undefined
        ? { kind: 'nothing', message: answer.message }
        : { kind: 'found', key: answer.key }
    },
    holds: async (key): Promise<StoreLookupResult> => {
      const answer = await runCacheClient(
        { operation: 'lookup', key, prefixes: [] },
        { scratch, deadlines, variables },
      )
      if (answer.kind !== 'done') return answer
      // The service may match the key as a prefix: only the identical key counts.
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
        { scratch, folder, deadlines, variables, onOutput },
      )
      if (answer.kind !== 'done') return answer
      if (answer.saved === true) return { kind: 'saved' }
      const denial = denialIn(`${answer.message}\n${answer.debugOutput}`)
      if (denial !== undefined) return { kind: 'denied', message: denial }
      const fault = wrappingFault(answer.message, answer.debugOutput)
      if (fault !== undefined) return { kind: 'not-wrapped', message: fault }
      if (isOutrun(answer.message, answer.debugOutput)) return { kind: 'outrun' }
      return { kind: 'not-saved', message: answer.message }
    },
  }
}

/** Messages of @actions/cache once the service has reserved an upload (cache.ts, saveCacheV2 and saveCacheV1). */
const accepted = /Attempting to upload cache|Saving Cache \(ID:/

/**
 * Returns the errors of the programs with which @actions/cache wraps an entry; undefined when they succeeded (tar.ts:
 * execCommands, and @actions/io for a missing program). The programs' own messages are in the debug output.
 */
function wrappingFault(message: string, debugOutput: string): string | undefined {
  const fault = /failed with (?:error|exit code)|Unable to locate executable file: [^.]*/.exec(message)?.[0]
  if (fault === undefined) return undefined
  const toolErrors = debugOutput
    .split('\n')
    .filter((line) => /(?:^|[\s/\\])(?:tar|zstd(?:mt)?|gzip)(?:\.exe)?(?: \(child\))?: /.test(line))
  return toolErrors.length === 0
    ? message.replace(/^Failed to save: /, '')
    : [...new Set(toolErrors)].join('; ')
}

/**
 * Reports whether another job is saving the same entry. @actions/cache has one message for every refusal (cache.ts,
 * saveCacheV1 and saveCacheV2, "another job may be creating this cache"). The service's own reason, a conflict, is in
 * the rest of the output.
 */
function isOutrun(message: string, debugOutput: string): boolean {
  return /another job may be/.test(message) && /\(409\)|already.exists/i.test(`${message}\n${debugOutput}`)
}

/**
 * Explains why this runner has no cache service; undefined when it has one. Without a service @actions/cache tries for
 * ten seconds before it gives up, so this check comes first. Its config.ts decides which variable counts; here the
 * presence of either is enough.
 */
function unavailability(environment: Variables): string | undefined {
  const isNamed = ['ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_URL'].some(
    (name) => (environment[name] ?? '') !== '',
  )
  return isNamed ? undefined : 'this runner offers no cache service'
}
