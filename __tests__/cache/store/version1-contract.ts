import * as path from 'node:path'
import { expect, test } from 'vitest'
import { chooseStore } from '../../../src/cache/store/choose.ts'
import type { Store } from '../../../src/cache/store/store.ts'
import { programVariables } from '../../environment.ts'
import { contentOf, packFolder, randomEntry } from '../../harness/random-entries.ts'
import { temporaryFolder } from '../../temporary.ts'

/** A server of the contract: the variables of a job, and how to end it. */
export interface ContractServer {
  readonly environment: () => Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

/** How a server differs from others. */
export interface ContractTraits {
  /** Whether it takes several entries with one key; GitHub's servers do not. */
  readonly takesDuplicates: boolean
  /** Whether it stores and returns keys in lower case. */
  readonly foldsCase: boolean
}

/** Length of an entry that @actions/cache uploads in three chunks of 32 MiB. */
const threeChunks = 70 * 1024 * 1024

/** Restores an entry, and returns the key and the content of its file. */
async function restored(store: Store, key: string, prefixes: readonly string[] = []) {
  const folder = path.join(temporaryFolder(), 'entry')
  const result = await store.restore(key, prefixes, folder)
  if (result.kind !== 'restored') return { result }
  return { key: result.key, content: await contentOf(result.entry) }
}

/**
 * Tests what this action relies on with a server of version 1 of the cache service, through the committed cache client.
 *
 * @param start starts a server with an empty storage in a folder
 */
export function testVersion1Contract(
  start: (folder: string) => Promise<ContractServer>,
  { takesDuplicates, foldsCase }: ContractTraits,
): void {
  /** Runs a test with a server of its own. */
  const withServer = (name: string, body: (store: Store, connect: () => Store) => Promise<void>) => {
    test(name, async () => {
      const server = await start(temporaryFolder())
      const connect = () => chooseStore({ ...programVariables(), ...server.environment() }, temporaryFolder())
      try {
        await body(connect(), connect)
      } finally {
        await server.stop()
      }
    })
  }

  withServer('restores by key and by prefix, the newest first, and knows a miss', async (store) => {
    expect(store.unavailable).toBeUndefined()
    const [old, young] = [randomEntry(1000), randomEntry(2000)]
    expect(await store.save('v1.a-b-1', old.source, packFolder())).toMatchObject({ kind: 'saved' })
    // Some servers record whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(await store.save('v1.a-b-2', young.source, packFolder())).toMatchObject({ kind: 'saved' })
    expect(await restored(store, 'v1.a-b-1')).toEqual({ key: 'v1.a-b-1', content: old.content })
    expect(await restored(store, 'v1.a-b-3', ['v1.a-b-', 'v1.a-'])).toEqual({
      key: 'v1.a-b-2',
      content: young.content,
    })
    // The dot of a key is no pattern.
    expect(await restored(store, 'v1xa-b-1', ['v1xa-'])).toEqual({ result: { kind: 'nothing', message: '' } })
  })

  withServer('tells whether exactly this key exists', async (store) => {
    await store.save('key-1', randomEntry(10).source, packFolder())
    expect(await store.holds('key-1')).toEqual({ kind: 'exists' })
    expect(await store.holds('key-')).toEqual({ kind: 'nothing', message: '' })
    expect(await store.holds('key-12')).toEqual({ kind: 'nothing', message: '' })
  })

  withServer('stores an entry of three chunks', async (store) => {
    const { source, content } = randomEntry(threeChunks)
    expect(await store.save('large', source, packFolder())).toMatchObject({ kind: 'saved' })
    const back = await restored(store, 'large')
    expect([back.key, back.content?.equals(content)]).toEqual(['large', true])
  })

  withServer('keeps the entries of two writers apart', async (store, connect) => {
    const [one, two] = [randomEntry(3_000_000), randomEntry(3_000_000)]
    const other = connect()
    const results = await Promise.all([
      store.save('same', one.source, packFolder()),
      other.save('same', two.source, packFolder()),
    ])
    const kinds = results.map(({ kind }) => kind).sort()
    expect(kinds).toEqual(takesDuplicates ? ['saved', 'saved'] : ['outrun', 'saved'])
    const { content } = await restored(store, 'same')
    expect([one, two].some((entry) => content?.equals(entry.content))).toBe(true)
  })

  withServer('returns a lower-case key as it is', async (store) => {
    const { source, content } = randomEntry(10)
    await store.save('godeps.modules.v1-none-0a1b', source, packFolder())
    expect(await restored(store, 'godeps.modules.v1-none-0a1b')).toEqual({
      key: 'godeps.modules.v1-none-0a1b',
      content,
    })
    // Why the keys of this action have no upper-case letters (src/cache/key.ts).
    const { key } = await restored(store, 'GODEPS.modules.v1-none-0a1b')
    expect(key).toBe(foldsCase ? 'godeps.modules.v1-none-0a1b' : undefined)
  })
}
