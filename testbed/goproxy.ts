import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { bareEnvironment, startGoTool, type TlsFiles } from './go-tool-server.ts'

/** How a goproxy is set up (`goproxy server --help`). */
export interface GoproxyOptions {
  /** A folder of its own, which is made: its cache and what it writes. */
  readonly folder: string
  /** Where it takes modules from: a folder as below `cache/download`, or the URL of another proxy. */
  readonly upstream: string
  readonly tls?: TlsFiles
  /** It is served below, such as `/go`. */
  readonly prefix?: string
  /** A checksum database that it hands on: its name and its address. */
  readonly database?: { readonly name: string; readonly url: string }
}

/** A running goproxy (https://github.com/goproxy/goproxy). It knows no passwords and logs errors only. */
export interface Goproxy {
  /** As `127.0.0.1:port`. */
  readonly host: string
  /** For GOPROXY. */
  readonly url: string
  /** Its cache on disk, laid out as `cache/download`. */
  readonly storage: string
  readonly log: () => string
  readonly stop: () => Promise<void>
}

/** Starts it on 127.0.0.1, with its cache on disk. */
export async function startGoproxy(options: GoproxyOptions): Promise<Goproxy> {
  const { folder, upstream, tls, prefix = '', database } = options
  const [storage, work] = [path.join(folder, 'storage'), path.join(folder, 'work')]
  for (const one of [storage, work]) mkdirSync(one, { recursive: true })
  const server = await startGoTool('goproxy', (host) => ({
    args: [
      'server',
      ...['--address', host, '--cacher-dir', storage, '--temp-dir', work, '--shutdown-timeout', '1s'],
      ...(prefix === '' ? [] : ['--path-prefix', prefix]),
      ...(database === undefined ? [] : ['--proxied-sumdbs', `${database.name} ${database.url}`]),
      ...(tls === undefined ? [] : ['--tls-cert-file', tls.file, '--tls-key-file', tls.keyFile]),
    ],
    env: {
      ...bareEnvironment(work),
      GOPROXY: /^\w+:\/\//.test(upstream) ? upstream : pathToFileURL(upstream).href,
      // It checks nothing itself, so that it can be made to serve what is wrong.
      GOSUMDB: 'off',
      GOFLAGS: '-modcacherw',
    },
  }))
  const scheme = tls === undefined ? 'http' : 'https'
  return { ...server, url: `${scheme}://${server.host}${prefix}`, storage }
}
