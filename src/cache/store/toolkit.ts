import { CorruptArchive } from '../../errors.ts'
import {
  type CacheClientResult,
  type CacheDeadlines,
  runCacheClient,
} from '../../platform/cache-client/client.ts'
import type { Variables } from '../../platform/environment.ts'
import { openFolder } from '../archive/open-entry.ts'
import { serviceVersion } from './service-version.ts'
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
 * @param given the variables of the child process
 * @param scratch folder of this job on any file system, for the client's own files
 * @param deadlines maximum duration of a restore and of a save, in seconds
 */
export function toolkitStore(given: Variables, scratch: string, deadlines: CacheDeadlines): Store {
  const variables = withClosedAddress(given)
  return {
    unavailable: unavailability(variables),
    restore: async (key, prefixes, folder): Promise<StoreRestoreResult> => {
      const answer = await runCacheClient(
        { operation: 'restore', key, prefixes },
        { scratch, folder, deadlines, variables },
      )
      if (answer.kind !== 'done') return answer
      if (answer.corrupt !== undefined) return { kind: 'corrupt', why: answer.corrupt }
      if (answer.key === undefined) return { kind: 'nothing', message: answer.message }
      try {
        return { kind: 'restored', key: answer.key, entry: openFolder(folder) }
      } catch (error) {
        if (error instanceof CorruptArchive) return { kind: 'corrupt', why: error.message }
        throw error
      }
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
    save: async (key, entry, folder, onAccepted = () => undefined): Promise<StoreSaveResult> => {
      if (!(await entry.toFolder(folder))) return { kind: 'withdrawn' }
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
 * Explains why this runner has no cache service; undefined when it has one. The rule is that of @actions/cache
 * (cache.ts, isFeatureAvailable). Runners of Gitea and Forgejo set ACTIONS_RESULTS_URL even when their cache is off.
 */
function unavailability(variables: Variables): string | undefined {
  const name = serviceVersion(variables) === 'v2' ? 'ACTIONS_RESULTS_URL' : 'ACTIONS_CACHE_URL'
  return (variables[name] ?? '') === '' ? 'this runner offers no cache service' : undefined
}

/** Adds the slash to ACTIONS_CACHE_URL that @actions/cache expects, and that some runners leave to their users. */
function withClosedAddress(variables: Variables): Variables {
  const { ACTIONS_CACHE_URL: url = '' } = variables
  return url === '' || url.endsWith('/') ? variables : { ...variables, ACTIONS_CACHE_URL: `${url}/` }
}
