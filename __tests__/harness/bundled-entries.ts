import { pathToFileURL } from 'node:url'
import { inject } from 'vitest'

/** Stands for src/platform/entry-url.ts in tests: the bundles that `bundle-entries.ts` made when the run began. */
export function entryUrl(name: 'worker' | 'cache-client' | 's3'): URL {
  return pathToFileURL(`${inject('bundledEntries')}/${name}.mjs`)
}
