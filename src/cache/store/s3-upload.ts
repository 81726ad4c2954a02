import { debug, info } from '../../platform/runner.ts'
import type { S3Answer } from '../../platform/s3-client.ts'
import type { TransferOptions } from '../../platform/transfer.ts'
import type { ObjectUpload, SaveRefusalOfStore } from './object-service.ts'
import { errorCode, errorWords, isSuccess, uploadId } from './s3-answers.ts'
import type { BucketRequest, S3Bucket } from './s3-bucket.ts'
import type { StoreSaveResult } from './store.ts'

/** Header with an id of our own, which tells an object of this upload from one of another job. */
const uploadHeader = 'x-amz-meta-go-deps-upload'

/** Maximum duration of the removal of parts, in seconds. */
const mostAbort = 20

/**
 * Begins the upload of an object that must not exist (docs.aws.amazon.com, "Add preconditions to S3 operations with
 * conditional requests").
 *
 * @param id identifies this upload
 */
export async function s3Upload(
  bucket: S3Bucket,
  key: string,
  id: string,
  options: TransferOptions,
): Promise<ObjectUpload | SaveRefusalOfStore> {
  const { target, send } = bucket
  const name = target.save + key
  const metadata = { 'content-type': 'application/octet-stream', [uploadHeader]: id }
  const etags = new Map<number, string>()
  const count = (bytes: number) => {
    if (options.counts !== undefined) options.counts.bytes += bytes
  }
  let begun: Promise<S3Answer> | undefined
  const begin = () => {
    begun ??= send({ method: 'POST', name, query: { uploads: '' }, headers: metadata }, options)
    return begun
  }
  const idOnceBegun = async (): Promise<string> => {
    const answer = await begin()
    const upload = uploadId(answer)
    if (!isSuccess(answer) || upload === '') throw bucket.failure(answer, 'save', target.save)
    return upload
  }
  const abort = async (): Promise<void> => {
    const answer = await begun?.catch(() => undefined)
    const upload = answer === undefined ? '' : uploadId(answer)
    if (upload === '') return
    // The deadline of the upload may have passed.
    const signal = AbortSignal.timeout(mostAbort * 1000)
    try {
      await send({ method: 'DELETE', name, query: { uploadId: upload } }, { ...options, signal })
    } catch (error) {
      debug(`S3: the parts of ${name} could not be removed: ${(error as Error).message}`)
    }
  }
  /** Creates the object with a request, unless it exists. */
  const createObject = async (request: BucketRequest): Promise<StoreSaveResult> => {
    const headers = { ...request.headers, 'if-none-match': '*' }
    const answer = await send({ ...request, headers }, options)
    if (!lacksCondition(answer)) return resultOf(bucket, name, id, answer, options)
    // Between this lookup and the upload another job can save the same key. Both entries then hold the same.
    info('The S3 server does not support If-None-Match: this action looks the entry up before it saves it.')
    const existing = await send({ method: 'HEAD', name }, options)
    if (existing.status === 200) return { kind: 'outrun' }
    return resultOf(bucket, name, id, await send(request, options), options)
  }
  // The role of a run that is not trusted may only read. Then nothing should be packed.
  if (!target.isTrusted) {
    const answer = await begin()
    if (isDenied(answer)) return { kind: 'denied', message: errorWords(answer) }
  }
  return {
    leastPart: 5 * 1024 * 1024,
    putWhole: async (body) => {
      const result = await createObject({ method: 'PUT', name, headers: metadata, body })
      count(result.kind === 'saved' ? body.length : 0)
      await abort()
      return result
    },
    putPart: async (number, body) => {
      const query = { partNumber: String(number), uploadId: await idOnceBegun() }
      const answer = await send({ method: 'PUT', name, query, body }, options)
      const { etag = '' } = answer.headers
      if (!isSuccess(answer) || etag === '') throw bucket.failure(answer, 'save', target.save)
      etags.set(number, etag)
      count(body.length)
    },
    complete: async (numbers) => {
      const parts = numbers.map(
        (number) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>${xmlText(etags.get(number) ?? '')}</ETag></Part>`,
      )
      const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'
      const body = `<CompleteMultipartUpload xmlns="${namespace}">${parts.join('')}</CompleteMultipartUpload>`
      const result = await createObject({
        ...{ method: 'POST', name, query: { uploadId: await idOnceBegun() } },
        ...{ headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) },
      })
      if (result.kind !== 'saved') await abort()
      return result
    },
    abort,
  }
}

/** Reports whether a server does not know the condition. */
function lacksCondition(answer: S3Answer): boolean {
  return answer.status === 501 || errorCode(answer) === 'NotImplemented'
}

function isDenied(answer: S3Answer): boolean {
  return answer.status === 403 && errorCode(answer) === 'AccessDenied'
}

/** Codes for a key that another job is saving, or has saved. */
const outrunCodes = ['PreconditionFailed', 'ConditionalRequestConflict']

/** Returns the result that the answer to the last request of an upload stands for. */
async function resultOf(
  bucket: S3Bucket,
  name: string,
  id: string,
  answer: S3Answer,
  options: TransferOptions,
): Promise<StoreSaveResult> {
  if (isSuccess(answer)) return { kind: 'saved' }
  const isOutrun = answer.status === 412 || outrunCodes.includes(errorCode(answer))
  // The first attempt may have succeeded although its answer got lost.
  if (answer.isRetried && (isOutrun || errorCode(answer) === 'NoSuchUpload')) {
    const existing = await bucket.send({ method: 'HEAD', name }, options)
    if (existing.headers[uploadHeader] === id) return { kind: 'saved' }
  }
  if (isOutrun) return { kind: 'outrun' }
  if (isDenied(answer) && !bucket.target.isTrusted) return { kind: 'denied', message: errorWords(answer) }
  throw bucket.failure(answer, 'save', bucket.target.save)
}

/** Escapes text for XML. */
function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
