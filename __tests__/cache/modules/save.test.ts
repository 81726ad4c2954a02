import * as path from 'node:path'
import { expect, test } from 'vitest'
import { saveModules } from '../../../src/cache/modules/cache.ts'
import type { Store } from '../../../src/cache/store/store.ts'
import { readManifest } from '../../../src/pack/manifest-file.ts'
import { namedFile, restoredFile, type State } from '../../../src/plan/state.ts'
import { temporaryFolder, writeFiles } from '../../temporary.ts'

/** A module version as Go leaves it, with so many bytes in it. */
function cached(name: string, bytes: number): Record<string, string> {
  const prefix = `cache/download/example.com/${name}/@v/v1.0.0`
  return {
    [`example.com/${name}@v1.0.0/a.go`]: 'x'.repeat(bytes),
    [`${prefix}.info`]: '{}',
    [`${prefix}.mod`]: `module example.com/${name}\n`,
    [`${prefix}.ziphash`]: 'h1:x',
  }
}

const full = (name: string) => `example.com/${name}@v1.0.0`
const named = {
  needed: ['large', 'required'].map(full),
  trees: ['large', 'required', 'listed'].map(full),
  goMods: ['large', 'required', 'listed'].map(full),
}

/** Ends a job that began with an entry of a large module, and found these others besides. */
async function endWith(others: Readonly<Record<string, number>>) {
  const folder = temporaryFolder()
  const directory = path.join(folder, 'modules')
  const large = cached('large', 1_000_000)
  writeFiles(directory, large)
  for (const [name, bytes] of Object.entries(others)) writeFiles(directory, cached(name, bytes))
  const roots = [...new Set(Object.keys(large).map((file) => file.replace(/(@v1\.0\.0)\/.*/, '$1')))]
  writeFiles(folder, {
    [namedFile]: JSON.stringify(named),
    [restoredFile]: JSON.stringify({ roots, bytes: 1_000_000 }),
  })
  let saved: string[] = []
  const store: Store = {
    unavailable: undefined,
    restore: async () => ({ kind: 'nothing', said: '' }),
    holds: async () => ({ kind: 'nothing', said: '' }),
    save: async (_, from) => {
      saved = readManifest(from).units.map(({ name }) => name)
      return { kind: 'saved' }
    },
  }
  const state: State = {
    ...{
      version: 1,
      folder,
      began: 0,
      ended: Date.now() + 60_000,
      warned: false,
      save: 'yes',
      why: 'a push',
    },
    ...{ saveBuildOnFailure: false, keepsPrivate: false, maxSize: 1e9, summary: 'never' },
    modules: {
      ...{ directory, key: 'k', matched: 'k-1', found: 'exact', unreachable: false },
      ...{
        zips: 'auto',
        hadZips: false,
        own: true,
        spoiled: false,
        unchecked: 'example.com/private',
        withheld: '',
        salt: 'k-1',
      },
    },
  }
  const { why } = await saveModules({ store, folder }, state, 'a push')
  return { why, saved: saved.sort() }
}

const little = 'what was added is under 5 % of the entry that was restored'

test.each([
  ['nothing', {}, 'nothing was added to the entry that was restored', []],
  ['a little that builds do not need', { listed: 1000 }, little, []],
  ['much that builds do not need', { listed: 100_000 }, 'a push', ['large', 'listed']],
  ['a little that a step installed', { tool: 1000 }, 'a push', ['large', 'tool']],
  ['a tool that nobody vouches for', { private: 100_000 }, little, []],
  ['a little that the entry lacked', { required: 1000 }, 'a push', ['large', 'required']],
] as const)('a job that adds %s', async (_, others, why, saved) => {
  expect(await endWith(others)).toEqual({ why, saved: saved.map(full) })
})
