// @actions/core and @actions/tool-cache import GitHub's HTTP client, and with it undici, for functions that this action
// does not call: tokens of OpenID Connect and downloads. It is half of what Node would read before each step begins.

const unused = /[\\/]@actions[\\/](?:core[\\/]lib[\\/]oidc-utils|tool-cache[\\/]lib[\\/]tool-cache)\.js$/

/**
 * Leaves the HTTP client out where it is imported for what is not called.
 * @returns {import('esbuild').Plugin}
 */
export function withoutHttpClient() {
  return {
    name: 'without-http-client',
    setup: ({ onLoad, onResolve }) => {
      onResolve({ filter: /^@actions\/http-client$/ }, ({ importer }) =>
        unused.test(importer) ? { path: 'http-client', namespace: 'left-out' } : undefined,
      )
      onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
        contents: [
          'export class HttpClient {',
          "  constructor() { throw new Error('the HTTP client is not part of this bundle') }",
          '}',
        ].join('\n'),
      }))
    },
  }
}
