import { now } from '../../platform/clock.ts'
import { debug } from '../../platform/runner.ts'
import { CredentialsFailure, type S3Answer, type S3Client, type S3Request } from '../../platform/s3-client.ts'
import { TransferFailure, type TransferOptions } from '../../platform/transfer.ts'
import { errorWords, explainCredentials, explainS3Error, type S3Operation } from './s3-answers.ts'
import { type S3Target, s3Address } from './s3-target.ts'

/** Sends requests about the entries of a run. */
export interface S3Bucket {
  readonly target: S3Target
  /** Sends a request about an object, or about the bucket. Returns every answer. */
  readonly send: (request: BucketRequest, options: TransferOptions) => Promise<S3Answer>
  /** Returns the failure that an answer stands for, with its explanation. */
  readonly failure: (answer: S3Answer, operation: S3Operation, area: string) => TransferFailure
}

/** A request about an object. */
export interface BucketRequest extends Omit<S3Request, 'url'> {
  /** Name of the object; empty for the bucket. */
  readonly name: string
  readonly query?: Readonly<Record<string, string>>
}

/** Returns what sends requests about a bucket. */
export function bucketOf(target: S3Target, client: S3Client): S3Bucket {
  return {
    target,
    send: ({ name, query, ...request }, options) =>
      explained(() => client.send({ ...request, url: s3Address(target, name, query) }, options), target),
    failure: (answer, operation, area) => {
      debug(`S3: ${operation} ${area}: ${answer.status} ${errorWords(answer)}`)
      const text = explainS3Error(answer, operation, target, area, now())
      return new TransferFailure(text, { status: answer.status, isTransient: false })
    },
  }
}

/** Runs a request. The failures of the credentials and of the connection name their fix. */
export async function explained<T>(operation: () => Promise<T>, target?: S3Target): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (error instanceof CredentialsFailure)
      throw new TransferFailure(explainCredentials(error.message), { isTransient: false })
    if (target === undefined || !(error instanceof TransferFailure) || error.status !== undefined) throw error
    if (/Invalid character in header/.test(error.message))
      throw new TransferFailure(
        'the credentials hold a line break or another character that no header may hold: correct AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN',
        { isTransient: false },
      )
    const host = new URL(target.endpoint).host
    if (/wrong version number/.test(error.message))
      throw new TransferFailure(`${host} speaks no TLS: write \`http://\` in \`s3-endpoint\``, {
        isTransient: false,
      })
    throw new TransferFailure(`${host} cannot be reached: ${error.message}`, {
      isTransient: error.isTransient,
    })
  }
}
