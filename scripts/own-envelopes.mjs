import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './setup/place.mjs'

/**
 * Puts src/platform/cache-client/envelope.ts in the place of the module by which @actions/cache packs and unpacks, and takes the arguments
 * for unpacking out of what is left of that module, so that no bundle can run `tar -x`.
 * @param {string[]} changes gets the name of every change
 * @returns {import('esbuild').Plugin}
 */
export function ownEnvelopes(changes) {
  return {
    name: 'own-envelopes',
    setup: ({ onLoad, onResolve }) => {
      onResolve({ filter: /\/internal\/tar\.js$/ }, ({ importer }) => {
        if (!importer.replaceAll('\\', '/').endsWith('/@actions/cache/lib/cache.js')) return undefined
        changes.push('import')
        return { path: join(root, 'src', 'platform', 'cache-client', 'envelope.ts') }
      })
      onLoad({ filter: /[\\/]@actions[\\/]cache[\\/]lib[\\/]internal[\\/]tar\.js$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(
          /case '(extract|list)':\s+args\.push\(.*?break;\n/gs,
          (_, name) => {
            changes.push(name)
            return ''
          },
        ),
      }))
    },
  }
}
