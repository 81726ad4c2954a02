import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { bareEnvironment, startGoTool, type TlsFiles } from './go-tool-server.ts'

/** How an Athens is set up (https://docs.gomods.io/configuration/). */
export interface AthensOptions {
  /** A folder of its own, which is made: storage, configuration and what its go commands write. */
  readonly folder: string
  /** Where it takes modules from: a folder as below `cache/download`, or the URL of another proxy. */
  readonly upstream: string
  readonly tls?: TlsFiles
  /** As `user:password`; everybody may read when absent. */
  readonly password?: string
  /** It is served below, such as `/go`. */
  readonly prefix?: string
  /** Module paths that it refuses with 403, with all below them. */
  readonly excluded?: readonly string[]
  /** What its storage lacks it does not fetch (download mode `none`), and lists and `@latest` only know the storage. */
  readonly offline?: boolean
}

/** A request as Athens logs it. */
export interface AthensRequest {
  /** With `!x` for capital letters, below the prefix. */
  readonly path: string
  readonly status: number
}

/** A running Athens (https://github.com/gomods/athens). */
export interface Athens {
  /** As `127.0.0.1:port`. */
  readonly host: string
  /** For GOPROXY, without a password. */
  readonly url: string
  /** Its storage on disk: `<module>/<version>/` with `go.mod`, `source.zip` and `<version>.info`. */
  readonly storage: string
  /** What got as far as its handlers or its filter; those without the password are among them. */
  readonly requests: () => readonly AthensRequest[]
  readonly log: () => string
  readonly stop: () => Promise<void>
}

/** Starts it on 127.0.0.1, with its storage on disk. */
export async function startAthens(options: AthensOptions): Promise<Athens> {
  const { folder, upstream, tls, password = '', prefix = '', excluded = [], offline = false } = options
  const [storage, work] = [path.join(folder, 'storage'), path.join(folder, 'work')]
  for (const one of [storage, work]) mkdirSync(one, { recursive: true })
  const filter = path.join(folder, 'filter')
  writeFileSync(filter, excluded.map((one) => `- ${one}\n`).join(''))
  const [user = '', secret = ''] = [password.split(':')[0], password.slice(password.indexOf(':') + 1)]
  const goEnvironment = [
    `GOPROXY=${/^\w+:\/\//.test(upstream) ? upstream : pathToFileURL(upstream).href}`,
    'GONOSUMDB=*',
    'GOSUMDB=off',
    // So that anybody can remove its caches.
    'GOFLAGS=-modcacherw',
  ]
  const server = await startGoTool('athens', (host) => ({
    args: [],
    env: {
      ...bareEnvironment(work),
      ATHENS_PORT: host,
      ATHENS_STORAGE_TYPE: 'disk',
      ATHENS_DISK_STORAGE_ROOT: storage,
      ATHENS_GOGET_DIR: work,
      ATHENS_GO_BINARY_ENV_VARS: goEnvironment.join(';'),
      ATHENS_DOWNLOAD_MODE: offline ? 'none' : 'sync',
      ATHENS_NETWORK_MODE: offline ? 'offline' : 'strict',
      ATHENS_LOG_FORMAT: 'json',
      ATHENS_SHUTDOWN_TIMEOUT: '1',
      // Nobody's database: the default would lead out of this machine.
      ATHENS_SUM_DBS: 'https://sums.invalid',
      ...(excluded.length === 0 ? {} : { ATHENS_FILTER_FILE: filter }),
      ...(password === '' ? {} : { BASIC_AUTH_USER: user, BASIC_AUTH_PASS: secret }),
      ...(prefix === '' ? {} : { ATHENS_PATH_PREFIX: prefix }),
      ...(tls === undefined ? {} : { ATHENS_TLSCERT_FILE: tls.file, ATHENS_TLSKEY_FILE: tls.keyFile }),
    },
  }))
  return {
    ...server,
    url: `${tls === undefined ? 'http' : 'https'}://${server.host}${prefix}`,
    storage,
    requests: () => requestsIn(server.log(), prefix),
  }
}

/** Athens says `incoming request` when it has answered (pkg/middleware/request.go). */
function requestsIn(log: string, prefix: string): readonly AthensRequest[] {
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.includes('incoming request')) return []
    const record = JSON.parse(line) as Readonly<Record<string, string>>
    const asked = record['http-path'] ?? ''
    const status = Number(/\d{3}/.exec(record['http-status'] ?? '')?.[0] ?? 0)
    return [{ path: asked.startsWith(prefix) ? asked.slice(prefix.length) : asked, status }]
  })
}
