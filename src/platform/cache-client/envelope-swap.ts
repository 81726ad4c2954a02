import { registerHooks } from 'node:module'

/*
 * Replaces the toolkit's tar module with envelope.ts when the cache client runs from source. In dist, scripts/build.mjs
 * does the same. Node loads this file with `--import` before the cache client.
 */
registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    const isToolkit = /\/@actions\/cache\/lib\/cache\.js$/.test(context.parentURL ?? '')
    if (!isToolkit || !found.url.endsWith('/internal/tar.js')) return found
    return {
      url: new URL('./envelope.ts', import.meta.url).href,
      format: 'module-typescript',
      shortCircuit: true,
    }
  },
})
