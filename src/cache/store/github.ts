import { createHash } from 'node:crypto'
import { CorruptArchive, hasCode } from '../../errors.ts'
import type { Variables } from '../../platform/environment.ts'
import { HttpTimeout } from '../../platform/http.ts'
import {
  inParallel,
  postJson,
  putBytes,
  TransferFailure,
  type TransferOptions,
} from '../../platform/remote-object.ts'
import { downloadEntry, openEntry } from './object.ts'
import {
  denialIn,
  type Store,
  type StoreDeadlines,
  type StoreFindResult,
  type StoreLookupResult,
  type StoreRestoreResult,
  type StoreSaveResult,
} from './store.ts'

/**
 * Identifies the format of stored objects. The service returns only entries with the same version, so entries of
 * @actions/cache, and of another format of this action, are never found.
 */
const version = createHash('sha256').update('go-deps-action object 1').digest('hex')

/** The methods of the service (proto of actions/toolkit, packages/cache, results/api/v1/cache.proto). */
type Method = 'CreateCacheEntry' | 'FinalizeCacheEntryUpload' | 'GetCacheEntryDownloadURL'

type Answer = Readonly<Record<string, unknown>>

/**
 * Returns GitHub's cache service, version 2. This action speaks its protocol itself, as @actions/cache does: three
 * calls in JSON, then a blob of Azure behind a signed address. What is stored is the entry and nothing else.
 *
 * @param variables hold the address of the service and the token of the job
 * @param deadlines maximum duration of a restore and of a save, in seconds
 */
export function githubStore(variables: Variables, deadlines: StoreDeadlines): Store {
  const call = (method: Method, message: object, options: TransferOptions) =>
    callService(variables, method, message, options)
  const find = async (key: string, prefixes: readonly string[], options: TransferOptions) => {
    const keys = prefixes.length === 0 ? {} : { restore_keys: prefixes }
    const answer = await call('GetCacheEntryDownloadURL', { key, ...keys, version }, options)
    const url = textOf(answer, 'signed_download_url', 'signedDownloadUrl')
    return answer.ok === true && url !== ''
      ? { url: addressOf(url), key: textOf(answer, 'matched_key', 'matchedKey') }
      : undefined
  }
  return {
    unavailable: unavailability(variables),
    restore: async (key, prefixes, folder): Promise<StoreRestoreResult> => {
      const deadline = startDeadline(deadlines.restore)
      try {
        const options = { signal: deadline.signal }
        const found = await find(key, prefixes, options)
        if (found === undefined) return deadline.end({ kind: 'nothing', message: '' })
        const renew = async () => {
          const again = await find(found.key, [], options)
          if (again?.key !== found.key) throw new TransferFailure('the entry is gone', { isTransient: false })
          return again.url
        }
        const arrival = await downloadEntry({ url: found.url, renew }, folder, options, () =>
          deadline.end(undefined),
        )
        arrival.done.then(
          () => deadline.end(undefined),
          () => deadline.end(undefined),
        )
        return { kind: 'restored', key: found.key, arrival }
      } catch (error) {
        deadline.end(undefined)
        if (error instanceof CorruptArchive) return { kind: 'corrupt', why: error.message }
        return failureOf(error)
      }
    },
    find: (key, prefixes) =>
      within<StoreFindResult>(deadlines.restore, async (options) => {
        const found = await find(key, prefixes, options)
        return found === undefined ? { kind: 'nothing', message: '' } : { kind: 'found', key: found.key }
      }),
    holds: (key) =>
      within<StoreLookupResult>(deadlines.restore, async (options) => {
        const found = await find(key, [], options)
        // The service may match the key as a prefix: only the identical key counts.
        return found?.key === key ? { kind: 'exists' } : { kind: 'nothing', message: '' }
      }),
    save: (key, folder, onAccepted = () => undefined) =>
      within<StoreSaveResult>(deadlines.save, async (options) => {
        const created = await reserve(() => call('CreateCacheEntry', { key, version }, options))
        if ('kind' in created) return created
        onAccepted()
        const size = await upload(created.url, folder, options)
        const finalized = await call(
          'FinalizeCacheEntryUpload',
          { key, size_bytes: String(size), version },
          options,
        )
        return finalized.ok === true
          ? { kind: 'saved' }
          : { kind: 'not-saved', message: textOf(finalized, 'message', 'message') }
      }),
  }
}

/** A deadline for the requests of an operation. */
interface Deadline {
  readonly signal: AbortSignal
  /** Ends the deadline and all requests that are left, and returns a result. */
  readonly end: <T>(result: T) => T
}

function startDeadline(seconds: number): Deadline {
  const controller = new AbortController()
  const late = new HttpTimeout(`no answer within ${seconds} s`)
  const timer = setTimeout(() => controller.abort(late), seconds * 1000)
  return {
    signal: controller.signal,
    end: (result) => {
      clearTimeout(timer)
      controller.abort(new TransferFailure('the transfer was stopped', { isTransient: false }))
      return result
    },
  }
}

/** Runs an operation with a deadline. A failure of the transfer becomes a result. */
async function within<T>(
  seconds: number,
  operation: (options: TransferOptions) => Promise<T>,
): Promise<T | StoreFailure> {
  const deadline = startDeadline(seconds)
  try {
    return deadline.end(await operation({ signal: deadline.signal }))
  } catch (error) {
    deadline.end(undefined)
    return failureOf(error)
  }
}

type StoreFailure = { readonly kind: 'failed'; readonly why: string }

/** Returns the result for a failed transfer. Any other error is thrown on. */
function failureOf(error: unknown): StoreFailure {
  if (hasCode(error, 'transfer', 'http-timeout')) return { kind: 'failed', why: (error as Error).message }
  throw error
}

async function callService(
  { ACTIONS_RESULTS_URL = '', ACTIONS_RUNTIME_TOKEN = '' }: Variables,
  method: Method,
  message: object,
  options: TransferOptions,
): Promise<Answer> {
  const url = new URL(`/twirp/github.actions.results.api.v1.CacheService/${method}`, ACTIONS_RESULTS_URL)
  const answer = await postJson(url, { authorization: `Bearer ${ACTIONS_RUNTIME_TOKEN}` }, message, options)
  if (typeof answer !== 'object' || answer === null)
    throw new TransferFailure('the cache service answers no object', { isTransient: false })
  return answer as Answer
}

/** Reads a text of an answer, in either spelling of its name (proto3 JSON). */
function textOf(answer: Answer, name: string, camelName: string): string {
  const value = answer[name] ?? answer[camelName]
  return typeof value === 'string' ? value : ''
}

/** Parses the address of an object. */
function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  throw new TransferFailure('the cache service answers an address that is none', { isTransient: false })
}

/** Reserves the entry's key. A refusal becomes a result. */
async function reserve(call: () => Promise<Answer>): Promise<{ readonly url: URL } | StoreSaveResult> {
  try {
    const answer = await call()
    const url = textOf(answer, 'signed_upload_url', 'signedUploadUrl')
    if (answer.ok === true && url !== '') return { url: addressOf(url) }
    return refusalOf(textOf(answer, 'message', 'message'))
  } catch (error) {
    if (!(error instanceof TransferFailure)) throw error
    if (error.status === 409) return { kind: 'outrun' }
    const denial = refusalOf(error.message)
    if (denial.kind === 'denied') return denial
    throw error
  }
}

function refusalOf(message: string): StoreSaveResult {
  const denial = denialIn(message)
  return denial === undefined ? { kind: 'not-saved', message } : { kind: 'denied', message: denial }
}

/** Length of a block, in bytes, and of the largest object that needs only one request. */
const blockLength = 16 * 1024 * 1024

/** Number of blocks that are uploaded at once. */
const blocksAtOnce = 4

/**
 * Uploads the folder of an entry as a block blob (learn.microsoft.com, "Put Blob", "Put Block", "Put Block List").
 *
 * @returns the length of the object in bytes
 */
async function upload(url: URL, folder: string, options: TransferOptions): Promise<number> {
  const content = openEntry(folder)
  try {
    const whole = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/octet-stream' }
    if (content.length <= blockLength) {
      await putBytes(url, whole, content.slice(0, content.length), options)
      return content.length
    }
    const ids: string[] = []
    const tasks: (() => Promise<void>)[] = []
    for (let from = 0; from < content.length; from += blockLength) {
      const id = Buffer.from(String(ids.length).padStart(8, '0')).toString('base64')
      const to = Math.min(content.length, from + blockLength)
      ids.push(id)
      tasks.push(() =>
        putBytes(withQuery(url, { comp: 'block', blockid: id }), {}, content.slice(from, to), options),
      )
    }
    await inParallel(blocksAtOnce, tasks)
    const list = ids.map((id) => `<Latest>${id}</Latest>`).join('')
    const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`)
    await putBytes(
      withQuery(url, { comp: 'blocklist' }),
      { 'content-type': 'application/xml' },
      body,
      options,
    )
    return content.length
  } finally {
    content.close()
  }
}

function withQuery(url: URL, query: Readonly<Record<string, string>>): URL {
  const other = new URL(url)
  for (const [name, value] of Object.entries(query)) other.searchParams.set(name, value)
  return other
}

function unavailability({ ACTIONS_RESULTS_URL = '' }: Variables): string | undefined {
  return URL.canParse(ACTIONS_RESULTS_URL) ? undefined : 'this runner offers no cache service'
}
