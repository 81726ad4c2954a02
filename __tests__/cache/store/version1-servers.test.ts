import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { chooseStore } from '../../../src/cache/store/choose.ts'
import { startVersion1CacheServer } from '../../../testbed/version1-cache-server.ts'
import { temporaryFolder } from '../../temporary.ts'
import { smallEntry } from './small-entry.ts'
import { testVersion1Contract } from './version1-contract.ts'

describe.each(['act', 'gitea'] as const)('the cache server of %s', (name) => {
  const start = (folder: string) => startVersion1CacheServer(name, folder)
  testVersion1Contract(start, { takesDuplicates: true, foldsCase: true })
})

test('a server that is gone fails every operation, with the reason', async () => {
  const server = await startVersion1CacheServer('act', temporaryFolder())
  await server.stop()
  const store = chooseStore({ PATH: process.env.PATH, ...server.environment() }, temporaryFolder())
  const target = path.join(temporaryFolder(), 'entry')
  const results = await Promise.all([
    store.restore('key', [], target),
    store.holds('key'),
    store.save('key', smallEntry().folder),
  ])
  for (const result of results)
    expect(JSON.stringify(result)).toMatch(/"kind":"(?:failed|nothing|not-saved)".*ECONNREFUSED/)
  expect(existsSync(target)).toBe(false)
})
