import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'
import type { TlsFiles } from '../../testbed/go-tool-server.ts'

/** Variables without which the SDK finds credentials neither in files of this machine nor in its instance. */
export const noCredentials: Readonly<Record<string, string>> = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/missing/config',
  AWS_SHARED_CREDENTIALS_FILE: '/missing/credentials',
}

/** Makes the environment of this process hold some variables of AWS and no others, until `vi.unstubAllEnvs`. */
export function stubAws(variables: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries({ ...noCredentials, ...variables })) vi.stubEnv(name, value)
}

/** A service of AWS that issues credentials. */
export interface StandIn {
  readonly url: string
  /** As `METHOD /path`. */
  readonly requests: readonly string[]
  readonly stop: () => Promise<void>
}

/** Keys that a stand-in issues. */
export interface IssuedKeys {
  readonly id: string
  readonly secret: string
  readonly token: string
}

/**
 * Starts a stand-in for the services that issue credentials: the metadata of an EC2 instance (IMDSv2), of an ECS task,
 * and STS. The real ones exist only in AWS.
 *
 * @param keys what they issue
 */
export async function startAws(keys: IssuedKeys, tls?: TlsFiles): Promise<StandIn> {
  const requests: string[] = []
  const expiration = new Date(Date.now() + 3_600_000).toISOString()
  const document = {
    ...{ Code: 'Success', Type: 'AWS-HMAC', LastUpdated: new Date().toISOString(), Expiration: expiration },
    ...{ AccessKeyId: keys.id, SecretAccessKey: keys.secret, Token: keys.token },
  }
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = '', url = '' } = incoming
    requests.push(`${method} ${url}`)
    let body = ''
    for await (const chunk of incoming) body += chunk
    if (method === 'PUT' && url === '/latest/api/token')
      return outgoing.writeHead(200, { 'x-aws-ec2-metadata-token-ttl-seconds': '60' }).end('session')
    if (url.startsWith('/latest/') && incoming.headers['x-aws-ec2-metadata-token'] !== 'session')
      return outgoing.writeHead(401).end()
    if (/^\/latest\/meta-data\/iam\/security-credentials(?:-extended)?\/$/.test(url))
      return url.includes('extended') ? outgoing.writeHead(404).end() : outgoing.end('role')
    if (url === '/latest/meta-data/iam/security-credentials/role' || url === '/task')
      return outgoing.end(JSON.stringify(document))
    const form = new URLSearchParams(body)
    if (form.get('Action') !== 'AssumeRoleWithWebIdentity') return outgoing.writeHead(404).end()
    outgoing.writeHead(form.get('WebIdentityToken') === 'jwt' ? 200 : 400, { 'content-type': 'text/xml' })
    if (form.get('WebIdentityToken') !== 'jwt')
      return outgoing.end(
        '<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no such provider</Message></Error></ErrorResponse>',
      )
    return outgoing.end(`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${keys.id}</AccessKeyId>
      <SecretAccessKey>${keys.secret}</SecretAccessKey><SessionToken>${keys.token}</SessionToken>
      <Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
      </AssumeRoleWithWebIdentityResponse>`)
  }
  const files =
    tls === undefined ? undefined : { key: readFileSync(tls.keyFile), cert: readFileSync(tls.file) }
  const server = (files === undefined ? createServer() : createTlsServer(files)).on(
    'request',
    (incoming, outgoing) => void answer(incoming, outgoing),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    ...{ url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, requests },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
