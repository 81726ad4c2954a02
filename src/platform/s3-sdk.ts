import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { parseXML } from '@aws-sdk/xml-builder'
import { SignatureV4 } from '@smithy/signature-v4'
import { processEnv } from './environment.ts'
import type { sendRequest } from './http.ts'

/** Returns an XML document as nested objects of texts; elements that repeat become arrays. */
export const parseXml: (text: string) => unknown = parseXML

/** Signs requests to an S3 server. */
export interface Signer {
  /**
   * Signs a request, and returns all its headers.
   *
   * @param headers the headers to sign; with `x-amz-content-sha256`
   * @throws Error of the SDK when the chain finds no credentials
   */
  readonly sign: (
    method: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
  ) => Promise<Readonly<Record<string, string>>>
}

/** What the chain of credentials returns. */
export interface FoundCredentials {
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** How to sign. */
export interface SignerOptions {
  /** Region of the bucket. */
  readonly region: string
  /** Sends a request, through the forward proxy if one applies. */
  readonly send: typeof sendRequest
  /** Receives each new set of credentials, before it is used. */
  readonly onCredentials: (credentials: FoundCredentials) => void
}

/**
 * Creates a signer with the credentials of the SDK's default chain: environment, shared files and profiles, web
 * identity, container and instance roles. The chain reads `process.env`.
 */
export function createSigner({ region, send, onCredentials }: SignerOptions): Signer {
  // Requests to the services that issue credentials go through this handler. The chain asks instances and containers
  // for credentials with clients of its own, which use no proxy.
  const chain = defaultProvider({
    parentClientConfig: { region: stsRegion(region), requestHandler: handler(send) },
  })
  const known = new Set<string>()
  const signer = new SignatureV4({
    service: 's3',
    region,
    sha256: Sha256,
    // S3 signs a path as it is sent (docs.aws.amazon.com, "Authenticating Requests: Using the Authorization Header").
    uriEscapePath: false,
    applyChecksum: false,
    credentials: async () => {
      const found = await chain()
      if (!known.has(found.secretAccessKey)) {
        known.add(found.secretAccessKey)
        onCredentials(found)
      }
      return found
    },
  })
  const request = (method: string, url: URL, headers: Readonly<Record<string, string>>) => ({
    ...{ method, protocol: url.protocol, hostname: url.hostname, path: url.pathname },
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...headers },
  })
  return {
    sign: async (method, url, headers) => (await signer.sign(request(method, url, headers))).headers,
  }
}

/** Returns the region of STS: that of the job, which may differ from that of the bucket. */
function stsRegion(region: string): string {
  const { AWS_REGION, AWS_DEFAULT_REGION } = processEnv()
  return AWS_REGION || AWS_DEFAULT_REGION || region
}

/** SHA-256 and its HMAC in the form that the SDK takes. */
class Sha256 {
  readonly #secret: ArrayBufferView | string | undefined
  #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret instanceof ArrayBuffer ? new Uint8Array(secret) : secret
    this.#hash = this.#start()
  }

  #start(): Hash | Hmac {
    return this.#secret === undefined
      ? createHash('sha256')
      : createHmac('sha256', this.#secret as Uint8Array)
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    this.#hash = this.#start()
  }
}

/** Timeouts of requests for credentials, in seconds. */
const credentialsWait = { connection: 5, silence: 10 }

/** Returns a request handler of the SDK that sends with this action's own client. */
function handler(send: typeof sendRequest) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request: SdkRequest) => {
      const { protocol, hostname, port, path, query, method, headers, body } = request
      const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`)
      for (const [name, value] of Object.entries(query ?? {}))
        for (const one of Array.isArray(value) ? value : [value ?? '']) url.searchParams.append(name, one)
      const bytes =
        body === undefined || body === null ? {} : { body: Buffer.from(body as string | Uint8Array) }
      const answer = await send(url, { method, headers, ...bytes, wait: credentialsWait })
      const flat = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
      return {
        response: {
          ...{ statusCode: answer.statusCode ?? 0, reason: answer.statusMessage ?? '', body: answer },
          headers: Object.fromEntries(flat) as Record<string, string>,
        },
      }
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  }
}

/** A request of the SDK (HttpRequest of @smithy/types). */
interface SdkRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}
