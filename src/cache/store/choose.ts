import type { Variables } from '../../platform/environment.ts'
import { info } from '../../platform/runner.ts'
import { githubStore } from './github.ts'
import { objectStore } from './object-store.ts'
import { s3Service } from './s3.ts'
import type { S3Target } from './s3-target.ts'
import { serviceVersion } from './service-version.ts'
import { type Store, storeDeadlines } from './store.ts'
import { toolkitStore } from './toolkit.ts'

/** How to reach the cache service: `auto` takes what the server offers. */
export type CacheBackend = 'auto' | 'github' | 'toolkit'

/** Where entries are: in a cache service, or in an S3 bucket. */
export type StoreChoice = CacheBackend | S3Target

/**
 * Chooses how to reach the cache service. GitHub's own servers speak version 2 of the service, and this action accesses
 * it directly. Other servers speak version 1, through @actions/cache. `auto` chooses as @actions/cache does.
 */
export function chooseBackend(variables: Variables, backend: CacheBackend): Exclude<CacheBackend, 'auto'> {
  if (backend !== 'auto') return backend
  return serviceVersion(variables) === 'v2' ? 'github' : 'toolkit'
}

/**
 * Returns the store of this job. With `auto`, a server that does not speak version 2 after all gets version 1, if the
 * runner offers it.
 *
 * @param variables the variables that the runner sets for the cache
 * @param scratch folder of this job on any file system
 */
export function chooseStore(variables: Variables, scratch: string, backend: CacheBackend = 'auto'): Store {
  const deadlines = storeDeadlines(variables)
  if (chooseBackend(variables, backend) === 'toolkit') return toolkitStore(variables, scratch, deadlines)
  const older = toolkitStore({ ...variables, ACTIONS_CACHE_SERVICE_V2: '' }, scratch, deadlines)
  if (backend !== 'auto' || older.unavailable !== undefined) return githubStore(variables, deadlines)
  return withFallback((onForeign) => githubStore(variables, deadlines, onForeign), older)
}

/**
 * Returns a store that is replaced by another one for the rest of the step, once its server turns out to speak another
 * protocol. A save is not repeated, because a lookup precedes it.
 */
function withFallback(start: (onForeign: (why: string) => void) => Store, other: Store): Store {
  let isForeign = false
  const first = start((why) => {
    if (!isForeign) info(`This step uses version 1 of the cache service, through @actions/cache: ${why}`)
    isForeign = true
  })
  const attempt = async <T extends { readonly kind: string }>(operation: (store: Store) => Promise<T>) => {
    if (isForeign) return operation(other)
    const result = await operation(first)
    return isForeign && result.kind === 'failed' ? operation(other) : result
  }
  return {
    unavailable: first.unavailable,
    restore: (key, prefixes, folder) => attempt((store) => store.restore(key, prefixes, folder)),
    find: (key, prefixes) => attempt((store) => store.find(key, prefixes)),
    holds: (key) => attempt((store) => store.holds(key)),
    save: (key, entry, folder, onAccepted) =>
      (isForeign ? other : first).save(key, entry, folder, onAccepted),
  }
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

/** Identifies a place of entries: the same for two steps of a job that use the same one. */
export function storeId(choice: StoreChoice): string {
  return typeof choice === 'string' ? choice : [choice.endpoint, choice.bucket, choice.save].join(' ')
}

/** Returns the name of the place where entries are, for outputs. */
export function backendName(variables: Variables, choice: StoreChoice): 'github' | 'toolkit' | 's3' {
  if (typeof choice === 'object') return 's3'
  return chooseBackend(variables, choice)
}
