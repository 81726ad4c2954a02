import { createHash } from 'node:crypto'
import { entryUrl } from './entry-url.ts'
import { sendRequest } from './http.ts'
import { isTransientStatus } from './http-failure.ts'
import { mask } from './runner.ts'
import type { Signer } from './s3-sdk.ts'
import { requestText } from './text-request.ts'
import { type TextAnswer, TransferFailure, type TransferOptions } from './transfer.ts'

/** The chain of the SDK found no credentials, or could not use what it found. */
export class CredentialsFailure extends TransferFailure {
  constructor(message: string) {
    super(message, { isTransient: false })
  }
}

/** A request to an S3 server, before it is signed. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** An answer of an S3 server. */
export interface S3Answer extends TextAnswer {
  /** The body, if it is XML: nested objects of texts. */
  readonly document: unknown
  /** Whether the request was sent more than once, so that the server may have carried it out before. */
  readonly isRetried: boolean
}

/** Sends requests to an S3 server. */
export interface S3Client {
  /**
   * Sends a signed request, and returns the answer, whatever it says. Retries after transient failures.
   *
   * @throws TransferFailure when no answer comes; CredentialsFailure
   */
  readonly send: (request: S3Request, options: TransferOptions) => Promise<S3Answer>
  /** Returns the headers that authorize a download. Throws CredentialsFailure. */
  readonly authorize: (url: URL) => Promise<Readonly<Record<string, string>>>
}

/** Codes of errors that the same request may not meet again, whatever their status is. */
const transientCodes =
  /<Code>(?:RequestTimeout|InternalError|SlowDown|ServiceUnavailable|OperationAborted)<\/Code>/

/**
 * Returns a client that signs with the credentials that the AWS SDK finds. It loads the SDK at the first request.
 *
 * @param region region of the bucket
 */
export function s3Client(region: string): S3Client {
  let loaded: Promise<Loaded> | undefined
  const load = () => {
    loaded ??= credentialsNeeded(() => loadSdk(region))
    return loaded
  }
  return {
    send: async ({ method, url, headers = {}, body }, options) => {
      const { signer, parseXml } = await load()
      const hash = sha256Of(body)
      let attempts = 0
      const answer = await requestText(
        async (attempt) => {
          attempts = attempt
          const signed = await credentialsNeeded(() =>
            signer.sign(method, url, { ...headers, 'x-amz-content-sha256': hash }),
          )
          return { method, url, headers: signed, ...(body === undefined ? {} : { body }) }
        },
        options,
        ({ status, text }) => isTransientStatus(status) || transientCodes.test(text),
      )
      return { ...answer, document: documentOf(answer.text, parseXml), isRetried: attempts > 1 }
    },
    authorize: async (url) => {
      const { signer } = await load()
      return credentialsNeeded(() => signer.sign('GET', url, { 'x-amz-content-sha256': sha256Of() }))
    },
  }
}

function sha256Of(body: Uint8Array = Buffer.alloc(0)): string {
  return createHash('sha256').update(body).digest('hex')
}

interface Loaded {
  readonly signer: Signer
  readonly parseXml: (text: string) => unknown
}

/** Loads the SDK, which is a bundle of its own, so that other jobs do not. */
async function loadSdk(region: string): Promise<Loaded> {
  const sdk = (await import(entryUrl('s3').href)) as typeof import('./s3-sdk.ts')
  const signer = sdk.createSigner({
    region,
    send: sendRequest,
    onCredentials: ({ secretAccessKey, sessionToken = '' }) => {
      for (const secret of [secretAccessKey, sessionToken].filter(Boolean))
        for (const form of new Set([secret, encodeURIComponent(secret)])) mask(form)
    },
  })
  return { signer, parseXml: sdk.parseXml }
}

/** Runs an operation of the SDK. Any error of it is one of its chain of credentials, or of loading it. */
async function credentialsNeeded<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw new CredentialsFailure((error as Error).message)
  }
}

function documentOf(text: string, parse: (text: string) => unknown): unknown {
  try {
    return text.trimStart().startsWith('<') ? parse(text) : undefined
  } catch {
    return undefined
  }
}
