import { createHash } from 'node:crypto'
import type { Variables } from '../../platform/environment.ts'
import { postJson, putBytes, TransferFailure, type TransferOptions } from '../../platform/transfer.ts'
import type { ObjectService, ObjectUpload, SaveRefusalOfStore } from './object-service.ts'
import { objectStore } from './object-store.ts'
import { denialIn, type Store, type StoreDeadlines, type StoreSaveResult } from './store.ts'

/**
 * Identifies the format of stored objects. The service returns only entries with the same version, so entries of
 * @actions/cache, and of another format of this action, are never found.
 */
const version = createHash('sha256').update('go-deps-action object 1').digest('hex')

/** The methods of the service (proto of actions/toolkit, packages/cache, results/api/v1/cache.proto). */
type Method = 'CreateCacheEntry' | 'FinalizeCacheEntryUpload' | 'GetCacheEntryDownloadURL'

type Answer = Readonly<Record<string, unknown>>

/**
 * Returns the store in GitHub's cache service, version 2. This action speaks its protocol itself, as @actions/cache
 * does: three calls in JSON, then a blob of Azure behind a signed address. What is stored is the entry and nothing
 * else.
 *
 * @param variables hold the address of the service and the token of the job
 * @param deadlines maximum duration of a restore and of a save, in seconds
 * @param onForeign called when the server turns out not to speak version 2
 */
export function githubStore(
  variables: Variables,
  deadlines: StoreDeadlines,
  onForeign: (why: string) => void = () => undefined,
): Store {
  return objectStore(githubService(variables, onForeign), deadlines)
}

function githubService(variables: Variables, onForeign: (why: string) => void): ObjectService {
  const call = async (method: Method, message: object, options: TransferOptions) => {
    try {
      return await callService(variables, method, message, options)
    } catch (error) {
      const why = foreignAnswer(error)
      if (why === undefined) throw error
      onForeign(why)
      throw new TransferFailure(`${why}. \`cache-backend: toolkit\` uses version 1`, { isTransient: false })
    }
  }
  const locate = async (key: string, prefixes: readonly string[], options: TransferOptions) => {
    const keys = prefixes.length === 0 ? {} : { restore_keys: prefixes }
    const answer = await call('GetCacheEntryDownloadURL', { key, ...keys, version }, options)
    const url = textOf(answer, 'signed_download_url', 'signedDownloadUrl')
    return answer.ok === true && url !== ''
      ? { url: addressOf(url), key: textOf(answer, 'matched_key', 'matchedKey') }
      : undefined
  }
  return {
    name: 'github',
    unavailable: unavailability(variables),
    find: async (key, prefixes, options) => {
      const found = await locate(key, prefixes, options)
      if (found === undefined) return undefined
      const renew = async () => {
        const again = await locate(found.key, [], options)
        if (again?.key !== found.key) throw new TransferFailure('the entry is gone', { isTransient: false })
        return again.url
      }
      return { key: found.key, object: { url: found.url, renew } }
    },
    create: async (key, options) => {
      const created = await reserve(() => call('CreateCacheEntry', { key, version }, options))
      if ('kind' in created) return created
      const finalize = async (length: number): Promise<StoreSaveResult> => {
        const message = { key, size_bytes: String(length), version }
        const finalized = await call('FinalizeCacheEntryUpload', message, options)
        return finalized.ok === true
          ? { kind: 'saved' }
          : { kind: 'not-saved', message: textOf(finalized, 'message', 'message') }
      }
      return blockBlob(created.url, finalize, options)
    },
  }
}

/**
 * Returns the upload of a block blob (learn.microsoft.com, "Put Blob", "Put Block", "Put Block List"). Azure drops the
 * blocks of an upload that is given up after a week.
 *
 * @param url signed address
 * @param finalize tells the service that the blob is complete
 */
function blockBlob(
  url: URL,
  finalize: (length: number) => Promise<StoreSaveResult>,
  options: TransferOptions,
): ObjectUpload {
  // All ids of a blob have the same length.
  const idOf = (number: number) => Buffer.from(String(number).padStart(8, '0')).toString('base64')
  return {
    leastPart: 1,
    putWhole: async (bytes) => {
      const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/octet-stream' }
      await putBytes(url, headers, bytes, options)
      return finalize(bytes.length)
    },
    putPart: (number, bytes) =>
      putBytes(withQuery(url, { comp: 'block', blockid: idOf(number) }), {}, bytes, options),
    complete: async (numbers, length) => {
      const list = numbers.map((number) => `<Latest>${idOf(number)}</Latest>`).join('')
      const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`)
      const headers = { 'content-type': 'application/xml' }
      await putBytes(withQuery(url, { comp: 'blocklist' }), headers, body, options)
      return finalize(length)
    },
    abort: async () => {},
  }
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
    throw new TransferFailure('the cache service answers no object', { status: 200, isTransient: false })
  return answer as Answer
}

/**
 * Describes a failure that shows that a server does not speak version 2: no such address, a redirection, or something
 * other than an answer. Errors of the service itself are JSON with a code (twirp's wire protocol, version 7).
 *
 * @returns undefined for any other failure
 */
function foreignAnswer(error: unknown): string | undefined {
  if (!(error instanceof TransferFailure)) return undefined
  const { status = 0, message } = error
  const isError = /"code"\s*:\s*"(?!bad_route")/.test(message)
  const isForeign = status === 200 || (status >= 300 && status < 400)
  if (!isForeign && (isError || ![404, 405, 501].includes(status))) return undefined
  const what = status === 200 ? 'something other than a result' : status
  return `the server of ACTIONS_RESULTS_URL does not speak version 2 of the cache service: it answers ${what}`
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
async function reserve(call: () => Promise<Answer>): Promise<{ readonly url: URL } | SaveRefusalOfStore> {
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

function refusalOf(message: string): SaveRefusalOfStore {
  const denial = denialIn(message)
  return denial === undefined ? { kind: 'not-saved', message } : { kind: 'denied', message: denial }
}

function withQuery(url: URL, query: Readonly<Record<string, string>>): URL {
  const other = new URL(url)
  for (const [name, value] of Object.entries(query)) other.searchParams.set(name, value)
  return other
}

function unavailability({
  ACTIONS_RESULTS_URL = '',
  ACTIONS_RUNTIME_TOKEN = '',
}: Variables): string | undefined {
  if (!URL.canParse(ACTIONS_RESULTS_URL)) return 'this runner offers no cache service'
  return ACTIONS_RUNTIME_TOKEN === ''
    ? 'the runner gives no token for its cache service (ACTIONS_RUNTIME_TOKEN is empty)'
    : undefined
}
