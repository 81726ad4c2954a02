import type { Answer, FaultRule } from '../../testbed/cache-service/faults.ts'
import { type FaultCase, testFaults } from './table.ts'

/** Deadlines for tests, in seconds, instead of five minutes. */
const soon = { GO_DEPS_RESTORE_SECONDS: '2', GO_DEPS_SAVE_SECONDS: '2' }
const lookup = 'GetCacheEntryDownloadURL'
const uncached = { step: 'goes on', log: 'warning', modules: 'downloaded' } as const
const cached = { step: 'goes on', log: 'nothing', modules: 'from the entry' } as const

function rule(on: FaultRule['on'], effect: NonNullable<FaultRule['effect']>, times?: number) {
  return {
    breaks: ({ service }: Parameters<NonNullable<FaultCase['breaks']>>[0]) =>
      service.fault({ on, effect, ...(times === undefined ? {} : { times }) }),
  }
}

const answers = (on: FaultRule['on'], answer: Answer, times?: number) =>
  rule(on, { kind: 'answer', answer }, times)
const denied = (what: string) => ({
  status: 403,
  body: { code: 'permission_denied', msg: `cache ${what} denied: no` },
})
const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Please sign in</html>' }
const slowDown = {
  status: 429,
  headers: { 'retry-after': '60' },
  body: { code: 'resource_exhausted', msg: 'slow down' },
}

testFaults('Requesting an entry from the cache service', [
  {
    fault: 'The service answers 500 to every request',
    slow: true,
    ...uncached,
    text: /500/,
    ...answers(lookup, { status: 500, body: { code: 'internal', msg: 'down' } }),
  },
  {
    fault: 'The service answers 503 once, then works',
    ...cached,
    text: /restored/,
    ...answers(lookup, { status: 503 }, 1),
  },
  {
    fault: 'The service answers 429 with `Retry-After`',
    ...uncached,
    text: /no answer within 2 s.*429/,
    ...answers(lookup, slowDown),
    job: { env: soon },
  },
  {
    fault: 'The service answers 401',
    ...uncached,
    text: /401/,
    ...answers(lookup, { status: 401, body: { code: 'unauthenticated', msg: 'who' } }),
  },
  { fault: 'The service denies reading', ...uncached, text: /denied/, ...answers(lookup, denied('read')) },
  {
    fault: 'The service answers with a sign-in page',
    ...uncached,
    text: /no answer within 2 s/,
    ...answers(lookup, page),
    job: { env: soon },
  },
  {
    fault: 'The server does not know version 2 of the service (404)',
    ...uncached,
    text: /does not speak version 2 of the cache service: it answers 404/,
    ...answers(lookup, { status: 404, body: 'Not found.' }),
  },
  {
    fault: 'The service closes the connection',
    ...uncached,
    text: /ECONNRESET|socket hang up|terminated/,
    ...rule(lookup, { kind: 'reset' }),
  },
  {
    fault: 'The service never answers',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule(lookup, { kind: 'hang' }),
    job: { env: soon },
  },
  {
    fault: 'Nothing listens at the service address',
    ...uncached,
    text: /ECONNREFUSED/,
    job: { cache: at('http://127.0.0.1:9/') },
  },
  { fault: 'The service address is not a URL', ...uncached, text: /./, job: { cache: at('nowhere') } },
  {
    fault: 'The runner provides no service address',
    ...uncached,
    text: /this runner offers no cache service/,
    job: { cache: {} },
  },
  {
    fault: 'The service token is missing',
    ...uncached,
    text: /ACTIONS_RUNTIME_TOKEN/,
    job: { cache: { ...at('http://127.0.0.1:9/'), ACTIONS_RUNTIME_TOKEN: '' } },
  },
  {
    fault: '`ACTIONS_CACHE_MODE` has an unknown value',
    ...cached,
    text: /restored/,
    job: { env: { ACTIONS_CACHE_MODE: 'sometimes' } },
  },
])

testFaults('Downloading an entry', [
  {
    fault: 'The entry is deleted meanwhile (404)',
    ...uncached,
    text: /the server answers 404/,
    ...answers('download', { status: 404 }),
  },
  {
    fault: 'The download address has expired (403)',
    ...uncached,
    text: /the server answers 403/,
    ...answers('download', { status: 403 }),
  },
  {
    fault: 'The download address has expired (403), and a new one works',
    ...cached,
    text: /restored/,
    ...answers('download', { status: 403 }, 1),
  },
  {
    fault: 'The storage redirects',
    ...uncached,
    text: /the server answers 302/,
    ...answers('download', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }),
  },
  {
    fault: 'The storage answers with a sign-in page',
    ...uncached,
    text: /the entry could not be used/,
    ...answers('download', page),
  },
  {
    fault: 'The storage answers with another range',
    ...uncached,
    text: /the server answers the range bytes 5-9\/10/,
    ...answers('download', { status: 206, headers: { 'content-range': 'bytes 5-9/10' }, body: '56789' }),
  },
  {
    fault: 'The storage answers 503 with `Retry-After` once, then works',
    ...cached,
    text: /restored/,
    ...answers('download', { status: 503, headers: { 'retry-after': '1' } }, 1),
  },
  {
    fault: 'The storage answers 500',
    ...uncached,
    text: /500|no answer/,
    ...answers('download', { status: 500 }),
    job: { env: soon },
  },
  {
    fault: 'The connection breaks off halfway once',
    ...cached,
    text: /restored/,
    ...rule('download', { kind: 'cut', afterBytes: 2000, by: 'reset' }, 1),
  },
  {
    fault: 'The connection breaks off halfway',
    ...uncached,
    text: /./,
    ...rule('download', { kind: 'cut', afterBytes: 2000, by: 'reset' }),
    job: { env: soon },
  },
  {
    fault: 'The download stalls halfway',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('download', { kind: 'cut', afterBytes: 2000, by: 'stall' }),
    job: { env: soon },
  },
  {
    fault: 'The download trickles, at 1 kB per second',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('download', { kind: 'trickle', bytesPerSecond: 1000 }),
    job: { env: soon },
  },
  {
    fault: 'The storage never answers',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('download', { kind: 'hang' }),
    job: { env: soon },
  },
])

/** Each case has its own key, so that it saves an entry that no other case has announced. */
const unsaved = () => ({ with: { 'cache-key': `key ${++keys}` }, job: { env: soon } })
let keys = 0

testFaults('Saving an entry', [
  {
    fault: 'The service denies writing',
    ...{ ...uncached, log: 'nothing' },
    text: /may only read the cache/,
    ...answers('CreateCacheEntry', {
      status: 200,
      body: { ok: false, message: 'cache write denied: read-only' },
    }),
    ...unsaved(),
  },
  {
    fault: 'The service answers 429 with `Retry-After`',
    ...uncached,
    text: /no answer within 2 s.*429/,
    ...answers('CreateCacheEntry', slowDown),
    ...unsaved(),
  },
  {
    fault: 'Another job saves the same entry at the same time (409)',
    ...{ ...uncached, log: 'nothing' },
    text: /another job/i,
    ...answers('CreateCacheEntry', { status: 409, body: { code: 'already_exists', msg: 'exists' } }),
    ...unsaved(),
  },
  {
    fault: 'The service answers 500',
    ...uncached,
    text: /no answer within 2 s/,
    ...answers('CreateCacheEntry', { status: 500 }),
    ...unsaved(),
  },
  {
    fault: 'The service never answers',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('CreateCacheEntry', { kind: 'hang' }),
    ...unsaved(),
  },
  {
    fault: 'The storage answers 403',
    ...uncached,
    text: /./,
    ...answers('upload', { status: 403 }),
    ...unsaved(),
  },
  {
    fault: 'The storage answers 503 with `Retry-After` once, then works',
    ...{ ...uncached, log: 'nothing' },
    text: /Saved/i,
    ...answers('upload', { status: 503, headers: { 'retry-after': '1' } }, 1),
    with: { 'cache-key': `key ${++keys}` },
  },
  {
    fault: 'The storage never answers',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('upload', { kind: 'hang' }),
    ...unsaved(),
  },
  {
    fault: 'The storage closes the connection',
    ...uncached,
    text: /./,
    ...rule('upload', { kind: 'reset' }),
    ...unsaved(),
  },
  {
    fault: 'The upload is lost',
    ...uncached,
    text: /./,
    ...answers('upload', { status: 201 }),
    ...unsaved(),
  },
  {
    fault: 'The service rejects the entry after the upload',
    ...uncached,
    text: /./,
    ...answers('FinalizeCacheEntryUpload', { status: 200, body: { ok: false, message: 'no' } }),
    ...unsaved(),
  },
  {
    fault: 'The service never confirms the entry',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('FinalizeCacheEntryUpload', { kind: 'hang' }),
    ...unsaved(),
  },
])

function at(url: string): Record<string, string> {
  return { ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: 'token' }
}
