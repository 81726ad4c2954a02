import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { githubStore } from '../../../src/cache/store/github.ts'
import { toolkitStore } from '../../../src/cache/store/toolkit.ts'
import { startCacheService } from '../../../testbed/cache-service/service.ts'
import { contentOf, randomEntry } from '../../harness/random-entries.ts'
import { temporaryFolder } from '../../temporary.ts'

test('@actions/cache and our own client keep entries with one key in one service, and neither finds the other', async () => {
  const service = await startCacheService()
  onTestFinished(() => service.stop())
  const deadlines = { restore: 60, save: 60 }
  const variables = { ...process.env, ...service.environment() }
  const scratch = temporaryFolder()
  const stores = [toolkitStore(variables, scratch, deadlines), githubStore(variables, deadlines)] as const
  const entries = [randomEntry(3_000_000), randomEntry(9_000_000)] as const
  for (const [index, store] of stores.entries()) {
    const folder = path.join(scratch, `folder-${index}`)
    expect(await store.holds('key')).toEqual({ kind: 'nothing', message: '' })
    expect(await store.find('key-2', ['key'])).toEqual({ kind: 'nothing', message: '' })
    const { source } = entries[index] as (typeof entries)[0]
    expect(await store.save('key', source, `${folder}-packed`)).toMatchObject({ kind: 'saved' })
  }
  expect(service.entries().map(({ key }) => key)).toEqual(['key', 'key'])
  for (const [index, store] of stores.entries()) {
    const restored = await store.restore('key', [], path.join(scratch, `restored-${index}`))
    if (restored.kind !== 'restored') throw new Error(restored.kind)
    expect((await contentOf(restored.entry)).equals(entries[index]?.content ?? Buffer.alloc(0))).toBe(true)
    await restored.entry.done
  }
}, 60_000)
