/**
 * Locates an entry file of this action: next to this file in a bundle, at the top of the sources otherwise. (Tests
 * replace this module, so that threads and processes start from bundles: see `vitest.config.ts`.)
 *
 * @param name `worker`, `cache-client` or `s3`
 */
export function entryUrl(name: 'worker' | 'cache-client' | 's3'): URL {
  const isSource = import.meta.url.endsWith('.ts')
  return new URL(isSource ? `../${name}.ts` : `./${name}.mjs`, import.meta.url)
}
