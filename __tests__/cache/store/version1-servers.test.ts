import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { chooseStore } from '../../../src/cache/store/choose.ts'
import { startCacheService } from '../../../testbed/cache-service/service.ts'
import { startVersion1CacheServer } from '../../../testbed/version1-cache-server.ts'
import { programVariables } from '../../environment.ts'
import { contentOf, packFolder, randomEntry } from '../../harness/random-entries.ts'
import { temporaryFolder } from '../../temporary.ts'
import { testVersion1Contract } from './version1-contract.ts'

let scratch: string
/** What the operations on a server that is gone return. */
let results: Promise<readonly unknown[]>
// @actions/cache tries again after five seconds, twice: the other tests run meanwhile.
beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'go-deps-test-'))
  const [storage, base] = [path.join(scratch, 'storage'), path.join(scratch, 'base')]
  for (const folder of [storage, base]) mkdirSync(folder)
  const server = await startVersion1CacheServer('act', storage)
  await server.stop()
  const store = chooseStore({ ...programVariables(), ...server.environment() }, scratch)
  results = Promise.all([
    store.restore('key', [], path.join(scratch, 'restored')),
    store.holds('key'),
    store.save('key', randomEntry(10, base).source, path.join(scratch, 'packed')),
  ])
  return () => rmSync(scratch, { recursive: true, maxRetries: 5, force: true })
})

describe.each(['act', 'gitea'] as const)('the cache server of %s', (name) => {
  const start = (folder: string) => startVersion1CacheServer(name, folder)
  testVersion1Contract(start, { takesDuplicates: true, foldsCase: true })
})

/** The test bed's own version 1, because no GitHub Enterprise Server can run here. */
async function startEnterprise(folder: string) {
  const service = await startCacheService({ directory: folder })
  return { service, environment: () => service.olderEnvironment(), stop: () => service.stop() }
}

describe('version 1 as GitHub Enterprise Server speaks it', () => {
  testVersion1Contract(startEnterprise, { takesDuplicates: false, foldsCase: false })

  /** A store connected to its own service. */
  async function enterprise() {
    const { service, environment, stop } = await startEnterprise(temporaryFolder())
    onTestFinished(stop)
    const connect = (variables = environment()) =>
      chooseStore({ ...programVariables(), ...variables }, temporaryFolder())
    return { service, connect, store: connect() }
  }

  test('a second entry with the same key is refused, and the first stays', async () => {
    const { store } = await enterprise()
    const { source, content } = randomEntry()
    expect(await store.save('key', source, packFolder())).toMatchObject({ kind: 'saved' })
    expect(await store.save('key', randomEntry().source, packFolder())).toEqual({ kind: 'outrun' })
    const back = path.join(temporaryFolder(), 'entry')
    const restored = await store.restore('key', [], back)
    expect('entry' in restored && (await contentOf(restored.entry)).equals(content)).toBe(true)
  })

  test('a job with a read-only token is told so', async () => {
    const { service, connect } = await enterprise()
    const store = connect(service.olderEnvironment({ writeScope: null }))
    const answer = await store.save('key', randomEntry().source, packFolder())
    expect(answer).toEqual({ kind: 'denied', message: expect.stringContaining('cache write denied: ') })
  })

  test('a job with an unknown token neither restores nor saves', async () => {
    const { service, connect } = await enterprise()
    const store = connect({ ...service.olderEnvironment(), ACTIONS_RUNTIME_TOKEN: 'other' })
    expect(await store.holds('key')).toMatchObject({ kind: 'nothing', message: expect.stringMatching(/401/) })
    expect((await store.save('key', randomEntry().source, packFolder())).kind).toBe('not-saved')
    expect(service.entries()).toEqual([])
  })

  test('an entry whose archive is gone is a miss with the reason', async () => {
    const { service, store } = await enterprise()
    await store.save('key', randomEntry().source, packFolder())
    service.fault({ on: 'download', effect: { kind: 'answer', answer: { status: 404, body: 'no' } } })
    const back = path.join(temporaryFolder(), 'entry')
    // The client stores whatever the server answers as the archive.
    const result = await store.restore('key', [], back)
    expect(result).toEqual({ kind: 'corrupt', why: 'its envelope is compressed neither by zstd nor by gzip' })
    expect(existsSync(back)).toBe(false)
  })
})

test('a server that is gone fails every operation, with the reason', async () => {
  for (const result of await results)
    expect(JSON.stringify(result)).toMatch(/"kind":"(?:failed|nothing|not-saved)".*ECONNREFUSED/)
  expect(existsSync(path.join(scratch, 'restored'))).toBe(false)
})
