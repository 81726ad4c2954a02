import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A server of its own in front of another one, behind TLS and Basic authentication, or a bearer token. */
export interface LockedProxy {
  /** As `127.0.0.1:port`. */
  readonly host: string
  readonly stop: () => Promise<void>
}

/**
 * Starts it on 127.0.0.1.
 *
 * @param options PEM texts; `target`: address of the server behind it; `password`: as `user:password`;
 *   `bearer`: a token that is wanted instead
 */
export async function startLockedProxy(options: {
  readonly key: string | Buffer
  readonly certificate: string | Buffer
  readonly target: string
  readonly password?: string
  readonly bearer?: string
}): Promise<LockedProxy> {
  const basic = Buffer.from(options.password ?? '').toString('base64')
  const wanted = options.bearer === undefined ? `Basic ${basic}` : `Bearer ${options.bearer}`
  const server = createServer({ key: options.key, cert: options.certificate }, (request, response) => {
    if (request.headers.authorization !== wanted) {
      response
        .writeHead(401, { 'www-authenticate': `${wanted.split(' ')[0]} realm="modules"` })
        .end('who are you?')
      return
    }
    fetch(new URL(request.url ?? '/', options.target))
      .then(async (answer) => {
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
        response.end(Buffer.from(await answer.arrayBuffer()))
      })
      .catch((error: Error) => response.writeHead(502).end(error.message))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
