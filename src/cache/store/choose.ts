import type { Variables } from '../../platform/environment.ts'
import { githubStore } from './github.ts'
import { objectStore } from './object-store.ts'
import { s3Service } from './s3.ts'
import type { S3Target } from './s3-target.ts'
import { type Store, storeDeadlines } from './store.ts'
import { toolkitStore } from './toolkit.ts'

/** How to reach the cache service: `auto` takes what the server offers. */
export type CacheBackend = 'auto' | 'github' | 'toolkit'

/** Where entries are: in a cache service, or in an S3 bucket. */
export type StoreChoice = CacheBackend | S3Target

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
  return backendName(variables, backend) === 'github'
    ? githubStore(variables, deadlines)
    : toolkitStore(variables, scratch, deadlines)
}

/**
 * Opens the store in an S3 bucket.
 *
 * @param variables may hold other deadlines
 * @param isChecked whether to check at once that this run can use the bucket; if not, the store is unavailable
 */
export async function openS3Store(
  variables: Variables,
  target: S3Target,
  isChecked: boolean,
): Promise<Store> {
  const service = s3Service(target)
  const deadlines = storeDeadlines(variables)
  const unavailable = isChecked ? await service.check(deadlines.restore) : undefined
  return objectStore({ ...service, unavailable }, deadlines)
}

/** Returns the name of the place where entries are, for outputs. */
export function backendName(variables: Variables, choice: StoreChoice): 'github' | 'toolkit' | 's3' {
  if (typeof choice === 'object') return 's3'
  return choice === 'github' || (choice === 'auto' && isVersion2(variables)) ? 'github' : 'toolkit'
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
