import { registerHooks } from 'node:module'

/*
 * Puts our reader of envelopes in the place of the toolkit's, where the cache client runs from its sources: the same that
 * scripts/build.mjs does in dist. Loaded with `node --import` before the cache client.
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
