import * as path from 'node:path'
import { describe } from 'vitest'
import { startDatabaseOf } from './checksum-database.ts'
import { appWith, goMod, lib, other, startAnswering } from './fixtures.ts'
import { type Arranged, failingGo, type Scene } from './golden.ts'
import { sumLines } from './modules.ts'
import { startSelfSigned } from './self-signed.ts'

const download = { files: appWith(lib), modules: [lib], args: ['mod', 'download'] }
const failingWith =
  (status: number, body?: string) =>
  ({ proxy }: Scene) => {
    proxy.fail({ status, ...(body === undefined ? {} : { body }) })
    return {}
  }

describe('the module proxy answers', () => {
  failingGo('proxy-404', 'that it has no such module', {
    ...download,
    modules: [],
    explained: {
      title: 'module or version not found',
      cause:
        'The module proxy 127.0.0.1:<port> answered 404 Not Found when Go requested example.com/lib@v1.0.0.',
      fix: 'Check path and version: `go list -m -versions example.com/lib` lists the available versions. If the module is private, set `goprivate: example.com/lib` and add its host to `credentials`, or set `goproxy` to a proxy that serves it.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: module or version not found' }],
    },
  })

  failingGo('proxy-404-two', 'that it has none of two modules', {
    files: {
      ...appWith(lib, sumLines(lib) + sumLines(other)),
      'go.mod': goMod('require example.com/lib v1.0.0', 'require example.com/other v1.0.0'),
    },
    args: ['mod', 'download', '--', 'example.com/lib@v1.0.0', 'example.com/other@v1.0.0'],
    explained: {
      title: 'module or version not found',
      cause:
        'The module proxy 127.0.0.1:<port> answered 404 Not Found when Go requested example.com/lib@v1.0.0, example.com/other@v1.0.0.',
      fix: 'Check path and version: `go list -m -versions example.com/lib` lists the available versions. If the module is private, set `goprivate: example.com/lib` and add its host to `credentials`, or set `goproxy` to a proxy that serves it.',
      places: [
        { file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: module or version not found' },
        { file: 'go.mod', line: 6, text: 'example.com/other@v1.0.0: module or version not found' },
      ],
    },
  })

  failingGo('proxy-404-build', 'that it has no such zip', {
    ...download,
    modules: [],
    args: ['build', './...'],
    explained: {
      title: 'module or version not found',
      cause:
        'The module proxy 127.0.0.1:<port> answered 404 Not Found when Go requested example.com/lib@v1.0.0.',
      fix: 'Check path and version: `go list -m -versions example.com/lib` lists the available versions. If the module is private, set `goprivate: example.com/lib` and add its host to `credentials`, or set `goproxy` to a proxy that serves it.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: module or version not found' }],
    },
  })

  failingGo('proxy-404-latest', 'that it knows no version of a module', {
    ...download,
    modules: [],
    args: ['mod', 'download', 'example.com/lib@latest'],
    explained: {
      title: 'module or version not found',
      cause: 'The module proxy 127.0.0.1:<port> answered 404 Not Found when Go requested example.com/lib.',
      fix: 'Check path and version: `go list -m -versions example.com/lib` lists the available versions. If the module is private, set `goprivate: example.com/lib` and add its host to `credentials`, or set `goproxy` to a proxy that serves it.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib: module or version not found' }],
    },
  })

  failingGo('proxy-410', 'that a version is gone, and why', {
    ...download,
    arrange: failingWith(410, 'not found: example.com/lib@v1.0.0: invalid version: unknown revision v1.0.0'),
    explained: {
      title: 'module or version not found',
      cause: 'The module proxy 127.0.0.1:<port> answered 410 Gone when Go requested example.com/lib@v1.0.0.',
      fix: 'Check path and version: `go list -m -versions example.com/lib` lists the available versions. If the module is private, set `goprivate: example.com/lib` and add its host to `credentials`, or set `goproxy` to a proxy that serves it.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: module or version not found' }],
    },
  })

  failingGo('proxy-file', 'as a folder that lacks a file', {
    ...download,
    arrange: ({ folder }) => ({ env: { GOPROXY: `file://${folder}/empty` } }),
    explained: {
      title: 'module or version not found',
      cause: 'The module proxy <dir>/empty has no file when Go requested example.com/lib@v1.0.0.',
      fix: 'Check path and version: `go list -m -versions example.com/lib` lists the available versions. If the module is private, set `goprivate: example.com/lib` and add its host to `credentials`, or set `goproxy` to a proxy that serves it.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: module or version not found' }],
    },
  })

  failingGo('proxy-401', 'that it wants credentials', {
    ...download,
    arrange: failingWith(401),
    explained: {
      title: 'the module proxy refuses access',
      cause:
        'The module proxy 127.0.0.1:<port> answered 401 Unauthorized when Go requested example.com/lib@v1.0.0.',
      fix: 'Add credentials with read access to example.com/lib to the input `credentials`: `127.0.0.1:<port> user ${{ secrets.PASSWORD }}`, or `127.0.0.1:<port> bearer:${{ secrets.TOKEN }}`.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: the module proxy refuses access' }],
    },
  })

  failingGo('proxy-403', 'that it refuses access', {
    ...download,
    arrange: failingWith(403),
    explained: {
      title: 'the module proxy refuses access',
      cause:
        'The module proxy 127.0.0.1:<port> answered 403 Forbidden when Go requested example.com/lib@v1.0.0.',
      fix: 'Add credentials with read access to example.com/lib to the input `credentials`: `127.0.0.1:<port> user ${{ secrets.PASSWORD }}`, or `127.0.0.1:<port> bearer:${{ secrets.TOKEN }}`. If a rule of the proxy forbids it, ask its operator.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: the module proxy refuses access' }],
    },
  })

  failingGo('proxy-403-list', 'that it refuses access, and the next source is not asked', {
    ...download,
    arrange: ({ proxy }) => {
      proxy.fail({ status: 403 })
      return { env: { GOPROXY: `${proxy.url},direct` } }
    },
    goproxy: (url) => `${url},direct`,
    explained: {
      title: 'the module proxy refuses access',
      cause:
        'The module proxy 127.0.0.1:<port> answered 403 Forbidden when Go requested example.com/lib@v1.0.0. Go did not try the next source in GOPROXY, because a comma precedes it. After a |, Go tries it on any error.',
      fix: 'Add credentials with read access to example.com/lib to the input `credentials`: `127.0.0.1:<port> user ${{ secrets.PASSWORD }}`, or `127.0.0.1:<port> bearer:${{ secrets.TOKEN }}`. If a rule of the proxy forbids it, ask its operator.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: the module proxy refuses access' }],
    },
  })

  failingGo('proxy-407', 'in the place of which a forward proxy wants a password', {
    ...download,
    arrange: async () => ({
      env: { GOPROXY: 'http://proxy.example.com', HTTP_PROXY: await startAnswering({ status: 407 }) },
    }),
    explained: {
      title: 'the forward proxy does not let requests through',
      cause:
        'The module proxy proxy.example.com cannot be reached through the forward proxy when Go requested example.com/lib@v1.0.0: 407 Proxy Authentication Required.',
      fix: 'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: requests go through the proxy that they name.',
      places: [
        {
          file: 'go.mod',
          line: 5,
          text: 'example.com/lib@v1.0.0: the forward proxy does not let requests through',
        },
      ],
    },
  })

  failingGo('proxy-404-replaced', 'that it has no such replacement', {
    files: {
      ...appWith(lib),
      'go.mod': goMod(
        'require example.com/lib v1.0.0',
        'replace example.com/lib => github.com/acme/fork v1.0.1',
      ),
    },
    args: ['mod', 'download'],
    explained: {
      title: 'module or version not found',
      cause:
        'The module proxy 127.0.0.1:<port> answered 404 Not Found when Go requested github.com/acme/fork@v1.0.1. A replace line substitutes github.com/acme/fork@v1.0.1 for example.com/lib.',
      fix: 'Check path and version: `go list -m -versions github.com/acme/fork` lists the available versions. If the module is private, set `goprivate: github.com/acme/fork` and add its host to `credentials`, or set `goproxy` to a proxy that serves it.',
      places: [{ file: 'go.mod', line: 6, text: 'github.com/acme/fork@v1.0.1: module or version not found' }],
    },
  })

  failingGo('proxy-429', 'that it is asked too often', {
    ...download,
    arrange: failingWith(429),
    explained: {
      title: 'the module proxy fails',
      cause:
        'The module proxy 127.0.0.1:<port> answered 429 Too Many Requests when Go requested example.com/lib@v1.0.0.',
      fix: 'Run the job again. If the error persists, set `goproxy` to another proxy.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: the module proxy fails' }],
    },
  })

  failingGo('proxy-503', 'that it fails, and the next source is not asked', {
    ...download,
    arrange: ({ proxy }) => {
      proxy.fail({ status: 503 })
      return { env: { GOPROXY: `${proxy.url},https://proxy.example.com,direct` } }
    },
    goproxy: (url) => `${url},https://proxy.example.com,direct`,
    explained: {
      title: 'the module proxy fails',
      cause:
        'The module proxy 127.0.0.1:<port> answered 503 Service Unavailable when Go requested example.com/lib@v1.0.0. Go did not try the next source in GOPROXY, because a comma precedes it. After a |, Go tries it on any error.',
      fix: 'Run the job again. If the error persists, set `goproxy` to another proxy.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: the module proxy fails' }],
    },
  })
})

describe('the module proxy does not answer', () => {
  failingGo('proxy-refused', 'because nobody listens', {
    ...download,
    arrange: () => ({ env: { GOPROXY: 'http://127.0.0.1:1' } }),
    explained: {
      title: 'connection refused',
      cause:
        'The module proxy 127.0.0.1:<port> refused the connection when Go requested example.com/lib@v1.0.0: dial tcp 127.0.0.1:<port>: connect: connection refused.',
      fix: 'Check that the server runs, and check host and port in the output of `go env GOPROXY GOSUMDB`.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: connection refused' }],
    },
  })

  failingGo('proxy-hangs-up', 'because it hangs up', {
    ...download,
    arrange: async () => ({ env: { GOPROXY: await startAnswering('hang up') } }),
    explained: {
      title: 'connection lost',
      cause:
        'The module proxy 127.0.0.1:<port> dropped the connection when Go requested example.com/lib@v1.0.0: EOF.',
      fix: 'Run the job again. If the error persists, set `goproxy` to another proxy.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: connection lost' }],
    },
  })

  failingGo('proxy-untrusted', 'because its certificate is not trusted', {
    ...download,
    arrange: async ({ folder }) => ({ env: { GOPROXY: await startSelfSigned(folder) } }),
    explained: {
      title: 'certificate not trusted',
      cause:
        'The module proxy 127.0.0.1:<port> presents a certificate that this machine does not trust when Go requested example.com/lib@v1.0.0: tls: failed to verify certificate: x509: certificate signed by unknown authority.',
      fix: 'Set the input `ca-certificate` to its certificate authority. For Go on macOS and Windows, add it to the system’s store.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: certificate not trusted' }],
    },
  })

  failingGo('proxy-no-tls', 'because it speaks no TLS, and a secret in its address is not told', {
    ...download,
    arrange: ({ proxy }) => ({ env: { GOPROXY: proxy.url.replace('http://', 'https://secret@') } }),
    explained: {
      title: 'the server does not support TLS',
      cause:
        'The module proxy 127.0.0.1:<port> does not support TLS when Go requested example.com/lib@v1.0.0: http: server gave HTTP response to HTTPS client.',
      fix: 'Write http:// for this server, such as in `goproxy`, or enable TLS on it.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: the server does not support TLS' }],
    },
  })
})

describe('Go does not ask', () => {
  failingGo('proxy-off', 'because GOPROXY is off', {
    ...download,
    arrange: () => ({ env: { GOPROXY: 'off' } }),
    explained: {
      title: 'downloads are switched off',
      cause: 'GOPROXY=off forbids downloads, and the module cache does not contain example.com/lib@v1.0.0.',
      fix: 'Set `goproxy` to a source of modules, or run `go mod download` beforehand.',
      places: [],
    },
  })

  failingGo('proxy-off-build', 'because GOPROXY is off, which a build tells without the module', {
    ...download,
    args: ['build', './...'],
    arrange: () => ({ env: { GOPROXY: 'off' } }),
    explained: {
      title: 'downloads are switched off',
      cause: 'GOPROXY=off forbids downloads, and the module cache does not contain example.com/lib@v1.0.0.',
      fix: 'Set `goproxy` to a source of modules, or run `go mod download` beforehand.',
      places: [],
    },
  })

  failingGo('proxy-credentials', 'because it would send a password over http', {
    ...download,
    arrange: ({ proxy }) => ({ env: { GOPROXY: proxy.url.replace('//', '//somebody:secret@') } }),
    explained: {
      title: 'credentials need https',
      cause: 'GOPROXY has a user and password for 127.0.0.1:<port>, but Go does not send them over http.',
      fix: 'Write https:// for 127.0.0.1:<port> in `goproxy`, or remove the user and password.',
      places: [],
    },
  })
})

describe('the checksum database', () => {
  const byName = { modules: [lib], args: ['mod', 'download', '--', 'example.com/lib@v1.0.0'] }
  /** A database at another address than its files. */
  const databaseAt = async (folder: string, url: string): Promise<Arranged> => {
    const { key } = await startDatabaseOf(
      path.join(folder, 'database'),
      'example.com/lib@v1.0.0',
      sumLines(lib),
    )
    return { env: { GOSUMDB: `${key} ${url}` } }
  }

  failingGo('database-refused', 'does not answer', {
    ...byName,
    arrange: ({ folder }) => databaseAt(folder, 'http://127.0.0.1:1'),
    explained: {
      title: 'connection refused',
      cause:
        'The checksum database 127.0.0.1:<port> refused the connection when Go requested example.com/lib@v1.0.0: dial tcp 127.0.0.1:<port>: connect: connection refused.',
      fix: 'Check that the server runs, and check host and port in the output of `go env GOPROXY GOSUMDB`.',
      places: [],
    },
  })

  failingGo('database-410', 'says that a module is gone, as it does of private ones', {
    ...byName,
    arrange: async ({ folder }) => databaseAt(folder, await startAnswering({ status: 410 })),
    explained: {
      title: 'module unknown to the checksum database',
      cause:
        'The checksum database 127.0.0.1:<port> answered 410 Gone when Go requested example.com/lib@v1.0.0.',
      fix: 'If the module is private, set `gonosumdb: example.com/lib`, or `goprivate: example.com/lib` if no proxy has it either. Otherwise check its path and version.',
      places: [],
    },
  })

  failingGo('database-404', 'does not know a module', {
    ...byName,
    arrange: async ({ folder }) => databaseAt(folder, await startAnswering({ status: 404 })),
    explained: {
      title: 'module unknown to the checksum database',
      cause:
        'The checksum database 127.0.0.1:<port> answered 404 Not Found when Go requested example.com/lib@v1.0.0.',
      fix: 'If the module is private, set `gonosumdb: example.com/lib`, or `goprivate: example.com/lib` if no proxy has it either. Otherwise check its path and version.',
      places: [],
    },
  })
})
