import type { Answer, FaultRule } from '../../testbed/cache-service/faults.ts'
import { type FaultCase, testFaults } from './table.ts'

/** Deadlines of tests, in seconds: nobody waits five minutes for one. */
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

testFaults('Asking the cache service for an entry', [
  {
    fault: 'It answers 500, however often it is asked',
    slow: true,
    ...uncached,
    text: /500/,
    ...answers(lookup, { status: 500, body: { code: 'internal', msg: 'down' } }),
  },
  {
    fault: 'It answers 503 once, and then as it should',
    ...cached,
    text: /restored/,
    ...answers(lookup, { status: 503 }, 1),
  },
  {
    fault: 'It answers 429 with `Retry-After`',
    ...uncached,
    text: /429|rate/i,
    ...answers(lookup, slowDown),
  },
  {
    fault: 'It answers 401',
    ...uncached,
    text: /401/,
    ...answers(lookup, { status: 401, body: { code: 'unauthenticated', msg: 'who' } }),
  },
  { fault: 'It denies reading', ...uncached, text: /denied/, ...answers(lookup, denied('read')) },
  {
    fault: 'A sign-in page comes back',
    ...uncached,
    text: /no answer within 2 s/,
    ...answers(lookup, page),
    job: { env: soon },
  },
  {
    fault: 'It tears the connection down',
    ...uncached,
    text: /ECONNRESET|socket hang up|terminated/,
    ...rule(lookup, { kind: 'reset' }),
  },
  {
    fault: 'It never answers',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule(lookup, { kind: 'hang' }),
    job: { env: soon },
  },
  {
    fault: 'Nobody listens at its address',
    ...uncached,
    text: /ECONNREFUSED/,
    job: { cache: at('http://127.0.0.1:9/') },
  },
  { fault: 'Its address is no URL', ...uncached, text: /./, job: { cache: at('nowhere') } },
  {
    fault: 'The runner offers none',
    ...uncached,
    text: /this runner offers no cache service/,
    job: { cache: {} },
  },
  {
    fault: 'Its token is missing',
    ...uncached,
    text: /ACTIONS_RUNTIME_TOKEN/,
    job: { cache: { ...at('http://127.0.0.1:9/'), ACTIONS_RUNTIME_TOKEN: '' } },
  },
  {
    fault: '`ACTIONS_CACHE_MODE` says something that nobody knows',
    ...cached,
    text: /restored/,
    job: { env: { ACTIONS_CACHE_MODE: 'sometimes' } },
  },
])

testFaults('Downloading an entry', [
  {
    fault: 'The entry is gone by then (404)',
    ...uncached,
    // The client stores what the service answers as if it were the entry.
    text: /its envelope is compressed neither by zstd nor by gzip/,
    ...answers('download', { status: 404 }),
  },
  {
    fault: 'Its address has expired (403)',
    ...uncached,
    text: /its envelope is compressed neither by zstd nor by gzip/,
    ...answers('download', { status: 403 }),
  },
  {
    fault: 'The storage answers 500',
    ...uncached,
    text: /500|no answer/,
    ...answers('download', { status: 500 }),
    job: { env: soon },
  },
  {
    fault: 'The connection is torn down half-way',
    ...uncached,
    text: /./,
    ...rule('download', { kind: 'cut', afterBytes: 2000, by: 'reset' }),
    job: { env: soon },
  },
  {
    fault: 'Nothing comes any more half-way',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('download', { kind: 'cut', afterBytes: 2000, by: 'stall' }),
    job: { env: soon },
  },
  {
    fault: 'It trickles, a kilobyte in a second',
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

/** Each under a key of its own, so that there is something to save, and nobody has announced it. */
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
    fault: 'It answers 429 with `Retry-After`',
    ...uncached,
    text: /429|rate/i,
    ...answers('CreateCacheEntry', slowDown),
    ...unsaved(),
  },
  {
    fault: 'It answers 500',
    ...uncached,
    text: /no answer within 2 s/,
    ...answers('CreateCacheEntry', { status: 500 }),
    ...unsaved(),
  },
  {
    fault: 'It never answers',
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
    fault: 'The storage never answers',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('upload', { kind: 'hang' }),
    ...unsaved(),
  },
  {
    fault: 'The storage tears the connection down',
    ...uncached,
    text: /./,
    ...rule('upload', { kind: 'reset' }),
    ...unsaved(),
  },
  {
    fault: 'What was uploaded is lost',
    ...uncached,
    text: /./,
    ...answers('upload', { status: 201 }),
    ...unsaved(),
  },
  {
    fault: 'The service does not take the entry in the end',
    ...uncached,
    text: /./,
    ...answers('FinalizeCacheEntryUpload', { status: 200, body: { ok: false, message: 'no' } }),
    ...unsaved(),
  },
  {
    fault: 'The service never says that it has the entry',
    ...uncached,
    text: /no answer within 2 s/,
    ...rule('FinalizeCacheEntryUpload', { kind: 'hang' }),
    ...unsaved(),
  },
])

function at(url: string): Record<string, string> {
  return { ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: 'token' }
}
