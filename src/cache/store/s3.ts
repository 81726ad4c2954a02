import { randomUUID } from 'node:crypto'
import { now } from '../../platform/clock.ts'
import { s3Client } from '../../platform/s3-client.ts'
import { TransferFailure, type TransferOptions } from '../../platform/transfer.ts'
import type { ObjectService } from './object-service.ts'
import { explainS3Error, isSuccess, type ListedObject, listPage } from './s3-answers.ts'
import { bucketOf, explained, type S3Bucket } from './s3-bucket.ts'
import { type S3Target, s3Address } from './s3-target.ts'
import { s3Upload } from './s3-upload.ts'

/** The service of objects in an S3 bucket. */
interface S3Service extends ObjectService {
  /**
   * Checks that this run can use its bucket, with one request for each area that it reads.
   *
   * @param most maximum duration of a restore, in seconds; the check may take 15 at most
   * @returns why it cannot, and the fix; undefined when it can
   */
  readonly check: (most: number) => Promise<string | undefined>
}

/** Returns the service of objects in an S3 bucket. An object is an entry; its name is that of an area and the key. */
export function s3Service(target: S3Target): S3Service {
  const client = s3Client(target.region)
  const bucket = bucketOf(target, client)
  return {
    name: 's3',
    unavailable: undefined,
    find: async (key, prefixes, options) => {
      const name = await findName(bucket, key, prefixes, options)
      if (name === undefined) return undefined
      const url = s3Address(target, name.area + name.key)
      const authorize = () => explained(() => client.authorize(url))
      const explain = (failure: TransferFailure) => explainDownload(target, name.area, failure)
      return { key: name.key, object: { url, authorize, explain } }
    },
    create: (key, options) => s3Upload(bucket, key, randomUUID(), options),
    check: (most) => check(bucket, Math.min(most, mostCheck)),
  }
}

/** Maximum duration of the check, in seconds. */
const mostCheck = 15

async function check(bucket: S3Bucket, seconds: number): Promise<string | undefined> {
  const { target } = bucket
  const signal = AbortSignal.timeout(seconds * 1000)
  // The SDK has no deadline of its own, and asks one source of credentials after the other.
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  const lists = target.read.map((area) => list(bucket, area, '', { signal }, 1))
  try {
    await Promise.race([Promise.all(lists), late])
    return undefined
  } catch (error) {
    return signal.aborted
      ? `${new URL(target.endpoint).host} gives no answer within ${seconds} s`
      : (error as Error).message
  }
}

/** Adds the fix to a failed download, if the server's code tells one. */
function explainDownload(target: S3Target, area: string, failure: TransferFailure): TransferFailure {
  const { status = 0, serviceCode, isTransient } = failure
  if (serviceCode === undefined || isTransient) return failure
  const document = { Error: { Code: serviceCode } }
  const text = explainS3Error({ status, headers: {}, document }, 'read', target, area, now())
  return new TransferFailure(text, { status, isTransient, serviceCode })
}

interface FoundName {
  readonly area: string
  readonly key: string
}

/**
 * Finds the object with a key, else the newest with one of the prefixes, best prefix first. The run's own area comes
 * before the trusted one.
 */
async function findName(
  bucket: S3Bucket,
  key: string,
  prefixes: readonly string[],
  options: TransferOptions,
): Promise<FoundName | undefined> {
  const { read } = bucket.target
  // The key is also the start of the best prefix, so one listing often serves both.
  const listings = new Map<string, readonly (readonly ListedObject[])[]>()
  const listAll = async (prefix: string) => {
    const known = [...listings].find(([listed]) => prefix.startsWith(listed))?.[1]
    const all = known ?? (await Promise.all(read.map((area) => list(bucket, area, prefix, options))))
    listings.set(prefix, all)
    return all
  }
  const first = await listAll(key)
  for (const [index, area] of read.entries())
    if (first[index]?.some(({ name }) => name === key)) return { area, key }
  for (const prefix of prefixes) {
    const all = await listAll(prefix)
    for (const [index, area] of read.entries()) {
      const matching = (all[index] ?? []).filter(({ name }) => name.startsWith(prefix))
      const [newest, ...others] = matching
      if (newest !== undefined)
        return { area, key: others.reduce((best, one) => (isNewer(one, best) ? one : best), newest).name }
    }
  }
  return undefined
}

/** Reports whether an object is newer than another. Servers may round the time to seconds, so the name decides a tie. */
function isNewer(one: ListedObject, other: ListedObject): boolean {
  return one.modified === other.modified ? one.name > other.name : one.modified > other.modified
}

/**
 * Lists the keys in an area that begin with a prefix, over all pages. Names that no key has are left out.
 *
 * @param most number of keys after which the list may end; by default there is no limit
 */
async function list(
  bucket: S3Bucket,
  area: string,
  prefix: string,
  options: TransferOptions,
  most = Number.POSITIVE_INFINITY,
): Promise<readonly ListedObject[]> {
  const objects: ListedObject[] = []
  let next: string | undefined = ''
  do {
    const query: Record<string, string> = {
      'list-type': '2',
      prefix: area + prefix,
      ...(most < 1000 ? { 'max-keys': String(most) } : {}),
      ...(next === '' ? {} : { 'continuation-token': next }),
    }
    const answer = await bucket.send({ method: 'GET', name: '', query }, options)
    if (!isSuccess(answer)) throw bucket.failure(answer, 'list', area)
    const page = listPage(answer)
    if (page === undefined || page.next === '' || page.next === next)
      throw new TransferFailure('the S3 server answers a listing that cannot be read', { isTransient: false })
    for (const { name, modified } of page.objects) {
      const key = name.slice(area.length)
      if (name.startsWith(area + prefix) && /^[a-z0-9._-]+$/.test(key)) objects.push({ name: key, modified })
    }
    next = page.next
  } while (next !== undefined && objects.length < most)
  return objects
}
