/** What answers of an S3 server mean. */

import type { S3Answer } from '../../platform/s3-client.ts'
import type { S3Target } from './s3-target.ts'

/** An object in a listing. */
export interface ListedObject {
  readonly name: string
  /** When it was saved, in milliseconds since 1970. */
  readonly modified: number
}

/** One page of a listing. */
export interface ListPage {
  readonly objects: readonly ListedObject[]
  /** Where the next page begins; undefined for the last one. */
  readonly next: string | undefined
}

/** Reads a page of a listing (ListObjectsV2); undefined when the answer is something else. */
export function listPage({ document }: Pick<S3Answer, 'document'>): ListPage | undefined {
  const result = child(document, 'ListBucketResult')
  if (result === undefined) return undefined
  const contents = child(result, 'Contents') ?? []
  const objects = (Array.isArray(contents) ? contents : [contents]).map((one: unknown) => ({
    name: textOf(one, 'Key'),
    modified: Date.parse(textOf(one, 'LastModified')) || 0,
  }))
  const isTruncated = textOf(result, 'IsTruncated') === 'true'
  return { objects, next: isTruncated ? textOf(result, 'NextContinuationToken') : undefined }
}

/** Reads the id of an upload that began; empty when the answer has none. */
export function uploadId({ document }: Pick<S3Answer, 'document'>): string {
  return textOf(child(document, 'InitiateMultipartUploadResult'), 'UploadId')
}

/** Reads the code of an error; empty when the answer has none. An answer with status 200 may hold one, too. */
export function errorCode({ document }: Pick<S3Answer, 'document'>): string {
  return textOf(child(document, 'Error'), 'Code')
}

/** Reports whether an answer is a success. */
export function isSuccess(answer: S3Answer): boolean {
  return answer.status >= 200 && answer.status < 300 && errorCode(answer) === ''
}

/** What an error tells. */
type AnswerParts = Pick<S3Answer, 'status' | 'headers' | 'document'>

/** Returns the error of an answer in the server's own words, for a message. */
export function errorWords(answer: AnswerParts): string {
  const words = [errorCode(answer), textOf(child(answer.document, 'Error'), 'Message')].filter(Boolean)
  return words.length === 0 ? `status ${answer.status}` : words.join(': ').slice(0, 300)
}

/** The permissions that an operation needs, for messages. */
export type S3Operation = 'list' | 'read' | 'save'

const permissions: Readonly<Record<S3Operation, string>> = {
  list: 's3:ListBucket',
  read: 's3:GetObject',
  save: 's3:PutObject and s3:AbortMultipartUpload',
}

const expiredCodes = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired']
/** The second one is of versitygw. */
const unknownKeyCodes = ['InvalidAccessKeyId', 'XAdminUserNotFound']
/** The second one is of MinIO. */
const invalidTokenCodes = ['InvalidToken', 'InvalidTokenId']
const skewCodes = ['RequestTimeTooSkewed', 'RequestInTheFuture']

/**
 * Explains an error of an S3 server: what is wrong, and the fix.
 *
 * @param area start of the object names that the request was about
 * @param now the current time, in milliseconds since 1970
 */
export function explainS3Error(
  answer: AnswerParts,
  operation: S3Operation,
  target: S3Target,
  area: string,
  now: number,
): string {
  const { bucket, region, endpoint } = target
  const [code, host] = [errorCode(answer), new URL(endpoint).host]
  const words = `the server says "${errorWords(answer)}"`
  const actual = bucketRegion(answer)
  if (actual !== '' && actual !== region)
    return `the bucket ${bucket} is in region ${actual}, not in ${region}: set \`s3-region: ${actual}\``
  if (answer.status === 301 || code === 'PermanentRedirect')
    return `the bucket ${bucket} is not at ${host}, and ${words}: set \`s3-region\` to the region of the bucket`
  if (code === 'NoSuchBucket')
    return `there is no bucket ${bucket} at ${host}: create it, or correct \`s3-bucket\` or \`s3-endpoint\``
  if (unknownKeyCodes.includes(code))
    return `${host} does not know the access key: check AWS_ACCESS_KEY_ID, and \`s3-endpoint\` for a server other than AWS`
  if (code === 'SignatureDoesNotMatch')
    return `the secret key does not belong to the access key: check AWS_SECRET_ACCESS_KEY for line breaks and lost characters, and whether a proxy changes requests to ${host}`
  if (expiredCodes.includes(code))
    return `the credentials have expired: request longer ones (\`role-duration-seconds\` of aws-actions/configure-aws-credentials), or move the step that requests them closer to this one`
  if (invalidTokenCodes.includes(code))
    return `${words}: AWS_SESSION_TOKEN does not belong to the access key. Set all three variables from one source`
  if (skewCodes.includes(code)) return skewText(answer, host, now)
  if (answer.status === 401 || answer.status === 403)
    return `access to ${area} in bucket ${bucket} is denied (${words}): allow ${permissions[operation]} there for this run, as docs/s3.md of go-deps-action shows`
  return `${host} answers ${answer.status}, and ${words}`
}

/** Returns the region that an answer names for the bucket; empty when it names none. */
function bucketRegion({ document, headers }: AnswerParts): string {
  const header = headers['x-amz-bucket-region']
  const text =
    typeof header === 'string' && header !== '' ? header : textOf(child(document, 'Error'), 'Region')
  return /^[a-z0-9-]+$/.test(text) ? text : ''
}

function skewText({ headers }: AnswerParts, host: string, now: number): string {
  const server = Date.parse(headers.date ?? '')
  const minutes = Math.round(Math.abs(now - server) / 60_000)
  const difference = Number.isNaN(server)
    ? 'is too far from'
    : `is ${minutes} minutes ${now > server ? 'ahead of' : 'behind'}`
  return `the clock of this runner ${difference} that of ${host}: synchronize it, for example with NTP`
}

/**
 * Explains why there are no credentials.
 *
 * @param message what the SDK says
 */
export function explainCredentials(message: string): string {
  const isNone = /^Could not load credentials from any providers/.test(message)
  const why = isNone
    ? 'no credentials were found'
    : `the credentials cannot be used: ${message.slice(0, 300)}`
  const fix = isNone
    ? 'put aws-actions/configure-aws-credentials before this step, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Runs for forks get neither'
    : 'correct the role, profile or variables that name them'
  return `${why}: ${fix}`
}

function child(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function textOf(value: unknown, name: string): string {
  const text = child(value, name)
  return typeof text === 'string' ? text.trim() : ''
}
