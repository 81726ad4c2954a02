/**
 * Locates an entry that runs beside this code: in a bundle the file next to it, in the sources the file at their top.
 * (Tests replace this module, so that threads and processes start from bundles: see `vitest.config.ts`.)
 *
 * @param name `worker` or `cache-client`
 */
export function entryUrl(name: 'worker' | 'cache-client'): URL {
  const isSource = import.meta.url.endsWith('.ts')
  return new URL(isSource ? `../${name}.ts` : `./${name}.mjs`, import.meta.url)
}
