import { expect, test } from 'vitest'
import { makeKey } from '../../src/cache/key.ts'
import { lookUpEntry } from '../../src/cache/lookup.ts'
import { githubStore } from '../../src/cache/store/github.ts'
import type { Store, StoreFindResult } from '../../src/cache/store/store.ts'

const key = makeKey(
  [
    { name: 'schema', value: 's1', of: 'layout' },
    { name: 'source', value: 'abc', of: 'source' },
  ],
  1,
)
const noService = githubStore({}, { restore: 1, save: 1 })

/** Looks the key up in a store that gives this answer, and returns what the store was asked for, too. */
async function lookUp(answer: StoreFindResult) {
  const asked: unknown[] = []
  const store: Store = {
    ...noService,
    unavailable: undefined,
    find: async (...all) => {
      asked.push(all)
      return answer
    },
  }
  return { asked, outcome: await lookUpEntry({ store }, key) }
}

test('finds the entry that a restore would download', async () => {
  const { asked, outcome } = await lookUp({ kind: 'found', key: 's1-abc-digest' })
  expect(asked).toEqual([['s1-abc', ['s1-abc-', 's1-']]])
  expect(outcome).toMatchObject({
    found: 'exact',
    matched: 's1-abc-digest',
    lookedUp: true,
    bytes: 0,
    error: '',
  })
  expect((await lookUp({ kind: 'found', key: 's1-xyz-1' })).outcome.found).toBe('partial')
})

test.each<[StoreFindResult, Partial<Awaited<ReturnType<typeof lookUp>>['outcome']>]>([
  [
    { kind: 'nothing', message: '' },
    { error: '', unreachable: false },
  ],
  [
    { kind: 'nothing', message: 'a warning' },
    { error: 'a warning', unreachable: true },
  ],
  [
    { kind: 'failed', why: 'it is down' },
    { error: 'it is down', unreachable: true },
  ],
  [
    { kind: 'found', key: 'other' },
    { error: 'the cache service returned an entry that was not requested: "other"', unreachable: false },
  ],
])('%j is a miss', async (answer, expected) => {
  const { outcome } = await lookUp(answer)
  expect(outcome).toMatchObject({ found: 'miss', matched: '', lookedUp: true, ...expected })
})

test('a runner without a cache service is asked nothing', async () => {
  expect(await lookUpEntry({ store: noService }, key)).toMatchObject({
    found: 'miss',
    error: 'this runner offers no cache service',
    unreachable: true,
  })
})
