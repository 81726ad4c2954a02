import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { entrySource } from '../../src/cache/archive/entry-source.ts'
import { unpackEntry } from '../../src/cache/archive/unpack.ts'
import { githubStore } from '../../src/cache/store/github.ts'
import type { Store } from '../../src/cache/store/store.ts'
import { readTree } from '../cache/archive/trees.ts'
import { temporaryFolder } from '../temporary.ts'
import { startAzurite } from './azurite.ts'
import type { BlobServer } from './blob-server.ts'
import { startOwnBlobs } from './own-blobs.ts'

const mebi = 1024 * 1024

/** A cache service in front of a blob server: the key is the name of the blob. */
interface Control {
  readonly store: Store
  /** The length that a client reported for each key. */
  readonly lengths: ReadonlyMap<string, number>
  /** Changes the addresses for reading. */
  signRead: (key: string) => URL
}

async function startControl(blobs: BlobServer): Promise<Control> {
  const lengths = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const { key, size_bytes: size } = (await json(request)) as { key: string; size_bytes?: string }
    const method = request.url?.split('/').at(-1)
    const answer =
      method === 'CreateCacheEntry'
        ? { ok: true, signed_upload_url: blobs.url(key, 'cw').href }
        : method === 'FinalizeCacheEntryUpload'
          ? { ok: true, entry_id: '1' }
          : { ok: true, signed_download_url: control.signRead(key).href, matched_key: key }
    if (size !== undefined) lengths.set(key, Number(size))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const variables = {
    ACTIONS_RESULTS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ACTIONS_RUNTIME_TOKEN: 'token',
  }
  const control: Control = {
    store: githubStore(variables, { restore: 60, save: 60 }),
    lengths,
    signRead: (key) => blobs.url(key, 'r'),
  }
  return control
}

/** An entry of files with random bytes, each of them a unit. */
function entryOf(lengths: readonly number[], shards = 2) {
  const base = temporaryFolder()
  for (const [index, length] of lengths.entries())
    writeFileSync(path.join(base, `m${index}`), randomBytes(length))
  const units = lengths.map((_, index) => ({ name: `m${index}`, roots: [`m${index}`] }))
  const request = { kind: 'modules', metadata: {}, base, units, shards } as const
  return { source: entrySource(request, Number.POSITIVE_INFINITY), tree: readTree(base) }
}

/** Restores an entry, and returns its files, or why there are none. */
async function restore(store: Store, key: string) {
  const found = await store.restore(key, [], '/dev/null/unused')
  if (found.kind !== 'restored') return found
  const stage = path.join(temporaryFolder(), 'stage')
  mkdirSync(stage)
  const unpacked = unpackEntry({ directory: found.entry, stage, readOnly: false })
  const failure = await Promise.all([unpacked, found.entry.done]).then(
    () => undefined,
    (error: Error) => error.message,
  )
  const why = await found.entry.done.then(
    () => failure,
    (error: Error) => error.message,
  )
  return why === undefined ? readTree(stage) : { kind: 'failed', why }
}

// What this action's own client sends and expects, with the fixtures and with Azurite.
describe.each([
  { name: 'the fixtures', start: startOwnBlobs },
  { name: 'Azurite', start: startAzurite },
])('the client of this action with blobs of $name', { timeout: 60_000 }, ({ start }) => {
  let blobs: BlobServer
  beforeAll(async () => {
    blobs = await start()
  })
  afterAll(() => blobs.stop())

  test.each([
    ['in one request', [1000, 2000], 2],
    ['in blocks, each shard with a rest', [20 * mebi, 21 * mebi], 2],
    ['in blocks, after short and empty shards', [10, 20 * mebi, 1000], 4],
  ] as const)('stores and reads an entry: %s', async (_, lengths, shards) => {
    const { store, lengths: reported } = await startControl(blobs)
    const { source, tree } = entryOf(lengths, shards)
    const key = randomUUID()
    expect(await store.save(key, source, '/dev/null/unused')).toMatchObject({ kind: 'saved' })
    expect(await restore(store, key)).toEqual(tree)
    const stored = await fetch(blobs.url(key, 'r'), { method: 'HEAD' })
    expect(Number(stored.headers.get('content-length'))).toBe(reported.get(key))
    expect(stored.headers.get('x-ms-blob-type')).toBe('BlockBlob')
  })

  test('reads no range of an object that was replaced meanwhile', async () => {
    const control = await startControl(blobs)
    const { source } = entryOf([20 * mebi, 20 * mebi])
    const key = randomUUID()
    await control.store.save(key, source, '/dev/null/unused')
    const found = await control.store.restore(key, [], '/dev/null/unused')
    if (found.kind !== 'restored') throw new Error(found.kind)
    // The download waits for room, so ranges are left.
    const body = randomBytes(control.lengths.get(key) ?? 0)
    const headers = { 'x-ms-blob-type': 'BlockBlob' }
    await fetch(blobs.url(key, 'cw'), { method: 'PUT', headers, body })
    const stage = path.join(temporaryFolder(), 'stage')
    const unpacked = unpackEntry({ directory: found.entry, stage, readOnly: false })
    await expect(unpacked).rejects.toMatchObject({ code: 'ring-failed' })
    await expect(found.entry.done).rejects.toThrow(/412.*ConditionNotMet/s)
  })

  test.each([
    ['empty', Buffer.alloc(0)],
    ['of one byte', Buffer.from('x')],
  ])('makes a miss of an object that is %s', async (_, body) => {
    const { store } = await startControl(blobs)
    const key = randomUUID()
    await fetch(blobs.url(key, 'cw'), { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body })
    expect(await restore(store, key)).toMatchObject({ kind: 'corrupt' })
  })

  test('asks for another address when the first has expired', async () => {
    const control = await startControl(blobs)
    const { source, tree } = entryOf([1000, 2000])
    const key = randomUUID()
    await control.store.save(key, source, '/dev/null/unused')
    let reads = 0
    control.signRead = (name) =>
      blobs.url(name, 'r', new Date(Date.now() + (reads++ === 0 ? -60_000 : 60_000)))
    expect(await restore(control.store, key)).toEqual(tree)
    expect(reads).toBe(2)
  })

  test('tells why an object is missing, and why an upload is refused', async () => {
    const control = await startControl(blobs)
    expect(await restore(control.store, randomUUID())).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/404.*BlobNotFound/s),
    })
    const readOnly = await startControl({ ...blobs, url: (blob) => blobs.url(blob, 'r') })
    for (const length of [1000, 20 * mebi]) {
      const { source } = entryOf([length, length])
      expect(await readOnly.store.save(randomUUID(), source, '/dev/null/unused')).toMatchObject({
        kind: 'failed',
        why: expect.stringMatching(/403.*AuthorizationPermissionMismatch/s),
      })
    }
  })
})
