import { execFile } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, request as forward, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { bareEnvironment, goTool, startGoTool, type TlsFiles } from './go-tool-server.ts'
import { removeTree } from './remove-tree.ts'

/** A request to an S3 server. */
export interface S3ServerRequest {
  readonly method: string
  /** Path, still encoded. */
  readonly path: string
  /** Query, still encoded. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly status: number
}

/** What the server does instead of answering some requests. */
export interface S3Fault {
  /** Which requests, by method and address. */
  readonly on: (method: string, url: URL) => boolean
  /** How many of them. */
  readonly times: number
  /** `answer`: answers this. `lose`: carries the request out, and breaks the connection before the answer. `hang`: never answers. */
  readonly effect:
    | {
        readonly kind: 'answer'
        readonly status: number
        readonly headers?: Readonly<Record<string, string>>
        readonly body?: string
      }
    | { readonly kind: 'lose' | 'hang' }
}

/** The keys of the server's owner. */
export const s3Keys = {
  AWS_ACCESS_KEY_ID: 'owner-key-id',
  AWS_SECRET_ACCESS_KEY: 'OwnerSecret/1234567890+abcdefghij',
}

/** A running S3 server. */
export interface S3Server {
  /** Origin, for `s3-endpoint`. */
  readonly url: string
  /** All requests since the start. */
  readonly requests: S3ServerRequest[]
  /** What is left of the faults; tests add some. */
  readonly faults: S3Fault[]
  /** Names of the objects in a bucket, in order. */
  readonly objects: (bucket: string) => readonly string[]
  /** Puts objects into a bucket without a request. */
  readonly put: (bucket: string, names: readonly string[], modified: Date) => void
  /** Uploads that began and did not end. */
  readonly uploads: (bucket: string) => number
  readonly log: () => string
  readonly stop: () => Promise<void>
}

/**
 * Starts versitygw (https://github.com/versity/versitygw) on 127.0.0.1, which stores objects as files, behind a front
 * that records requests and makes faults. The front keeps the header Host, so signatures stay right.
 *
 * @param options `buckets` exist from the start
 */
export async function startS3Server(options: {
  readonly buckets: readonly string[]
  readonly region?: string
  readonly tls?: TlsFiles
  /** Other users, who may do what the policy of a bucket allows: secret keys by access key. */
  readonly users?: Readonly<Record<string, string>>
}): Promise<S3Server> {
  const { buckets, region = 'us-east-1', tls, users = {} } = options
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-s3-'))
  const [data, metadata, home, iam] = ['data', 'metadata', 'home', 'users'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string, string]
  for (const one of [data, metadata, home, iam, ...buckets.map((name) => path.join(data, name))])
    mkdirSync(one, { recursive: true })
  const server = await startGoTool('versitygw', (host) => ({
    args: [
      ...['--port', host, '--region', region, '--quiet'],
      ...(Object.keys(users).length === 0 ? [] : ['--iam-dir', iam]),
      ...['posix', '--sidecar', metadata, data],
    ],
    env: {
      ...bareEnvironment(home),
      ROOT_ACCESS_KEY_ID: s3Keys.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_ACCESS_KEY: s3Keys.AWS_SECRET_ACCESS_KEY,
    },
  }))
  for (const [id, secret] of Object.entries(users)) await createUser(server.host, region, id, secret)
  const front = await startFront(`http://${server.host}`, tls)
  return {
    ...front,
    log: server.log,
    stop: async () => {
      await front.stop()
      await server.stop()
      await removeTree(folder)
    },
    objects: (bucket) =>
      filesBelow(path.join(data, bucket))
        .filter((name) => !name.startsWith('.sgwtmp/'))
        .sort(),
    put: (bucket, names, modified) => {
      for (const name of names) {
        const file = path.join(data, bucket, name)
        mkdirSync(path.dirname(file), { recursive: true })
        writeFileSync(file, '')
        utimesSync(file, modified, modified)
      }
    },
    uploads: (bucket) =>
      new Set(filesBelow(path.join(data, bucket, '.sgwtmp', 'multipart')).map((name) => path.dirname(name)))
        .size,
  }
}

async function createUser(host: string, region: string, id: string, secret: string): Promise<void> {
  const owner = ['--access', s3Keys.AWS_ACCESS_KEY_ID, '--secret', s3Keys.AWS_SECRET_ACCESS_KEY]
  const server = ['--region', region, '--endpoint-url', `http://${host}`]
  const user = ['--access', id, '--secret', secret, '--role', 'user']
  const args = ['admin', ...owner, ...server, 'create-user', ...user]
  await promisify(execFile)(goTool('versitygw'), args, { env: bareEnvironment(tmpdir()) })
}

type Front = Pick<S3Server, 'url' | 'requests' | 'faults' | 'stop'>

async function startFront(origin: string, tls: TlsFiles | undefined): Promise<Front> {
  const requests: S3ServerRequest[] = []
  const faults: S3Fault[] = []
  const take = (method: string, url: URL) => {
    const index = faults.findIndex((fault) => fault.on(method, url))
    const fault = faults[index]
    if (fault === undefined) return undefined
    faults.splice(index, 1, ...(fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []))
    return fault.effect
  }
  const options =
    tls === undefined ? undefined : { key: readFileSync(tls.keyFile), cert: readFileSync(tls.file) }
  const server = (options === undefined ? createServer() : createTlsServer(options)).on(
    'request',
    (incoming, outgoing) => {
      const { method = 'GET', headers } = incoming
      const url = new URL(incoming.url ?? '/', 'http://localhost')
      const record = (status: number) =>
        requests.push({ method, path: url.pathname, query: url.search.slice(1), headers, status })
      const effect = take(method, url)
      if (effect?.kind === 'hang') return void incoming.resume()
      if (effect?.kind === 'answer') {
        record(effect.status)
        // A client that still sends its body must get the answer.
        incoming.resume().once('end', () => {
          outgoing.writeHead(effect.status, effect.headers).end(method === 'HEAD' ? undefined : effect.body)
        })
        return
      }
      const onward = forward(new URL(incoming.url ?? '/', origin), { method, headers }, (answer) => {
        record(answer.statusCode ?? 0)
        if (effect?.kind === 'lose') {
          answer.resume().once('end', () => outgoing.destroy())
          return
        }
        outgoing.writeHead(answer.statusCode ?? 0, answer.rawHeaders)
        pipeline(answer, outgoing).catch(() => outgoing.destroy())
      })
      onward.on('error', () => outgoing.destroy())
      pipeline(incoming, onward).catch(() => onward.destroy())
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    ...{ requests, faults, url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Files below a folder, relative and with `/`. */
function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'),
      )
  } catch {
    return []
  }
}
