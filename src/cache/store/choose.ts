import type { Variables } from '../../platform/environment.ts'
import { githubStore } from './github.ts'
import { type Store, storeDeadlines } from './store.ts'
import { toolkitStore } from './toolkit.ts'

/** How to reach the cache service: `auto` takes what the server offers. */
export type CacheBackend = 'auto' | 'github' | 'toolkit'

/**
 * Returns the store of this job. A runner of GitHub itself speaks version 2 of the cache service, and this action
 * accesses it directly. Other servers speak only version 1, through @actions/cache. `auto` chooses as @actions/cache
 * does (its internal/config.ts, getCacheServiceVersion).
 *
 * @param variables the variables that the runner sets for the cache
 * @param scratch folder of this job on any file system
 */
export function chooseStore(variables: Variables, scratch: string, backend: CacheBackend = 'auto'): Store {
  const deadlines = storeDeadlines(variables)
  return backend === 'github' || (backend === 'auto' && isVersion2(variables))
    ? githubStore(variables, deadlines)
    : toolkitStore(variables, scratch, deadlines)
}

function isVersion2({
  GITHUB_SERVER_URL = '',
  ACTIONS_CACHE_SERVICE_V2 = '',
  ACTIONS_RESULTS_URL = '',
}: Variables): boolean {
  if (ACTIONS_CACHE_SERVICE_V2 === '' || ACTIONS_RESULTS_URL === '') return false
  const server = GITHUB_SERVER_URL || 'https://github.com'
  const host = URL.canParse(server) ? new URL(server).hostname.toLowerCase() : ''
  return host === 'github.com' || /\.(?:ghe\.com|localhost)$/.test(host)
}
