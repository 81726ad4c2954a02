import { execFileSync, spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'

/** How a server of repositories is set up. */
export interface GitServerOptions {
  /** Folder that holds the repositories, each at its path in the address. */
  readonly folder: string
  /** PEM texts. */
  readonly key: string | Buffer
  readonly certificate: string | Buffer
  /** `user:password` by the first part of the path that it opens, and `` for every other path. */
  readonly passwords: Readonly<Record<string, string>>
}

/** A request as it was answered. */
export interface GitRequest {
  readonly path: string
  readonly status: number
  /** `user:password` that came with it; empty if none did. */
  readonly given: string
  /** How many Authorization headers it had. */
  readonly authorizations: number
}

/** A running server. */
export interface GitServer {
  /** As `127.0.0.1:port`. */
  readonly host: string
  readonly requests: readonly GitRequest[]
  readonly stop: () => Promise<void>
}

/** Serves repositories on 127.0.0.1 behind TLS and Basic authentication, by git's own http-backend. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const backend = path.join(
    execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(),
    'git-http-backend',
  )
  const requests: GitRequest[] = []
  const server = createServer({ key: options.key, cert: options.certificate }, (request, response) => {
    const [pathname = '', query = ''] = (request.url ?? '').split('?')
    const given = Buffer.from(
      request.headers.authorization?.replace(/^Basic /i, '') ?? '',
      'base64',
    ).toString()
    const wanted = options.passwords[pathname.split('/')[1] ?? ''] ?? options.passwords['']
    const authorizations = request.rawHeaders.filter((name) => /^authorization$/i.test(name)).length
    response.once('finish', () =>
      requests.push({ path: pathname, status: response.statusCode, given, authorizations }),
    )
    // As GitHub does it.
    if (authorizations > 1) response.writeHead(400).end('Duplicate header: "Authorization"')
    else if (wanted !== undefined && given !== wanted)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    else serve(request, response, { backend, folder: options.folder, pathname, query })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** git-http-backend(1): a CGI program (RFC 3875). */
function serve(
  request: IncomingMessage,
  response: ServerResponse,
  place: {
    readonly backend: string
    readonly folder: string
    readonly pathname: string
    readonly query: string
  },
): void {
  const { headers, method = 'GET' } = request
  const child = spawn(place.backend, [], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: place.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: place.pathname,
      QUERY_STRING: place.query,
      REQUEST_METHOD: method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  request.pipe(child.stdin)
  child.stdin.on('error', () => {})
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.once('close', () => {
    const output = Buffer.concat(chunks)
    const end = output.indexOf('\r\n\r\n')
    const lines = output.subarray(0, end).toString('latin1').split('\r\n')
    const fields = lines.map((line) => line.split(/: */, 2) as [string, string])
    const status = Number(fields.find(([name]) => name === 'Status')?.[1]?.slice(0, 3) ?? 200)
    response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== 'Status')))
    response.end(output.subarray(end + 4))
  })
}
