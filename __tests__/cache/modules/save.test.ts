import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { saveModules } from '../../../src/cache/modules/cache.ts'
import type { Store } from '../../../src/cache/store/store.ts'
import { treeHashOf } from '../../../src/modules/tree-hash.ts'
import { readManifest } from '../../../src/pack/manifest-file.ts'
import { namedFile, restoredFile, type State } from '../../../src/plan/state.ts'
import { isUnix, temporaryFolder, writeFiles } from '../../temporary.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const full = (name: string) => `example.com/${name}@v1.0.0`
const prefixOf = (name: string) => `cache/download/example.com/${name}/@v/v1.0.0`
const goMod = (name: string) => `module example.com/${name}\n`
const hashesOf = (name: string, bytes: number) => ({
  tree: treeHashOf([{ name: `${full(name)}/a.go`, sha256: sha256('x'.repeat(bytes)) }]),
  mod: treeHashOf([{ name: 'go.mod', sha256: sha256(goMod(name)) }]),
})

/** A module version as Go leaves it, with so many bytes in it. */
function cached(name: string, bytes: number): Record<string, string> {
  return {
    [`${full(name)}/a.go`]: 'x'.repeat(bytes),
    [`${prefixOf(name)}.info`]: '{"Version":"v1.0.0"}',
    [`${prefixOf(name)}.mod`]: goMod(name),
    [`${prefixOf(name)}.ziphash`]: hashesOf(name, bytes).tree,
  }
}

const listed = ['large', 'required', 'listed']
const named = {
  needed: ['large', 'required'].map(full),
  trees: listed.map(full),
  goMods: listed.map(full),
}

/** Ends a job that began with an entry of a large module, and found these others besides. */
async function endWith(
  others: Readonly<Record<string, number>>,
  step: (gomodcache: string) => void = () => {},
  found: 'exact' | 'miss' = 'exact',
) {
  const folder = temporaryFolder()
  const directory = path.join(folder, 'modules')
  const large = cached('large', 1_000_000)
  writeFiles(directory, large)
  for (const [name, bytes] of Object.entries(others)) writeFiles(directory, cached(name, bytes))
  const restored = [...new Set(Object.keys(large).map((file) => file.replace(/(@v1\.0\.0)\/.*/, '$1')))]
  writeFiles(folder, {
    [namedFile]: JSON.stringify({ ...named, sums: sumsFor({ large: 1_000_000, ...others }) }),
    [restoredFile]: JSON.stringify({ roots: restored, bytes: 1_000_000 }),
  })
  step(directory)
  let saved: string[] = []
  let roots: string[] = []
  const store: Store = {
    unavailable: undefined,
    restore: async () => ({ kind: 'nothing', said: '' }),
    holds: async () => ({ kind: 'nothing', said: '' }),
    save: async (_, from) => {
      const { units } = readManifest(from)
      saved = units.map(({ name }) => name)
      roots = units.flatMap((unit) => unit.roots)
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
      ...{ directory, key: 'k', matched: 'k-1', found, unreachable: false },
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
  return { why, saved: saved.sort(), roots }
}

/** What go.sum says of the modules that it names. */
function sumsFor(modules: Readonly<Record<string, number>>) {
  const known = Object.entries(modules).filter(([name]) => listed.includes(name))
  return {
    trees: known.map(([name, bytes]) => [full(name), [hashesOf(name, bytes).tree]]),
    goMods: known.map(([name, bytes]) => [full(name), [hashesOf(name, bytes).mod]]),
  }
}

const nothing = 'nothing was added to the entry that was restored'
const little = 'what was added is under 5 % of the entry that was restored'

test.each([
  ['nothing', {}, nothing, []],
  ['a little that builds do not need', { listed: 1000 }, little, []],
  ['much that builds do not need', { listed: 100_000 }, 'a push', ['large', 'listed']],
  ['a little that a step installed', { tool: 1000 }, 'a push', ['large', 'tool']],
  ['a tool that nobody vouches for', { private: 100_000 }, nothing, []],
  ['a little that the entry lacked', { required: 1000 }, 'a push', ['large', 'required']],
] as const)('a job that adds %s', async (_, others, why, saved) => {
  expect(await endWith(others)).toMatchObject({ why, saved: saved.map(full) })
})

type Step = (gomodcache: string) => void

/** What a step does to `listed` between main and post. */
const tamperings: Readonly<Record<string, Step>> = {
  'a file added': (at) => writeFiles(at, { [`${full('listed')}/zz.go`]: 'package a\n' }),
  'a file edited': (at) => writeFiles(at, { [`${full('listed')}/a.go`]: 'y'.repeat(100) }),
  'a file removed': (at) => rmSync(path.join(at, full('listed'), 'a.go')),
  'a link added': (at) => symlinkSync('/etc/hostname', path.join(at, full('listed'), 'link')),
  'a link in place of its file': (at) => {
    rmSync(path.join(at, full('listed'), 'a.go'))
    symlinkSync('/etc/hostname', path.join(at, full('listed'), 'a.go'))
  },
  'a pipe added': (at) => void execFileSync('mkfifo', [path.join(at, full('listed'), 'pipe')]),
  'a name that other systems misread': (at) => writeFiles(at, { [`${full('listed')}/a\\b`]: 'x' }),
  'its tree replaced by a link': (at) => {
    renameSync(path.join(at, full('listed')), path.join(at, 'elsewhere'))
    symlinkSync(path.join(at, 'elsewhere'), path.join(at, full('listed')))
  },
  'its go.mod edited': (at) => writeFiles(at, { [`${prefixOf('listed')}.mod`]: 'module other\n' }),
  'its go.mod replaced by a pipe': (at) => {
    rmSync(path.join(at, `${prefixOf('listed')}.mod`))
    execFileSync('mkfifo', [path.join(at, `${prefixOf('listed')}.mod`)])
  },
  'its ziphash edited': (at) => writeFiles(at, { [`${prefixOf('listed')}.ziphash`]: 'h1:x' }),
  'its ziphash replaced by a pipe': (at) => {
    rmSync(path.join(at, `${prefixOf('listed')}.ziphash`))
    execFileSync('mkfifo', [path.join(at, `${prefixOf('listed')}.ziphash`)])
  },
}

describe.runIf(isUnix).each(Object.entries(tamperings))('a module with %s', (_, step) => {
  test('is left out, and the others are saved', async () => {
    const { why, saved } = await endWith({ listed: 100, required: 100 }, step, 'miss')
    expect({ why, saved }).toEqual({ why: 'a push', saved: ['large', 'required'].map(full) })
  })

  test('is no reason for a new entry', async () => {
    const { why, saved } = await endWith({ listed: 100_000 }, step)
    expect({ why, saved }).toEqual({ why: nothing, saved: [] })
  })
})

test('what no checksum file names is held to its ziphash', async () => {
  const step: Step = (at) => writeFiles(at, { [`${full('tool')}/zz.go`]: 'package a\n' })
  expect((await endWith({ tool: 100, required: 100 }, step, 'miss')).saved).toEqual(
    ['large', 'required'].map(full),
  )
})

test.each([
  [
    'another version in its info',
    { [`${prefixOf('listed')}.info`]: '{"Version":"v1.0.0","version":"v2.0.0"}' },
  ],
  ['no info at all', { [`${prefixOf('listed')}.info`]: '' }],
])('a module with %s is saved without it', async (_, files) => {
  const { saved, roots } = await endWith({ listed: 100 }, (at) => writeFiles(at, files), 'miss')
  expect(saved).toEqual(['large', 'listed'].map(full))
  expect(roots).not.toContain(`${prefixOf('listed')}.info`)
})

test.each<[string, Step]>([
  ['the FIPS 140 sources', (at) => writeFiles(at, planted('golang.org/fips140', 'v1.0.0-c2097c7c'))],
  ['a toolchain', (at) => writeFiles(at, planted('golang.org/toolchain', 'v0.0.1-go1.99.0.linux-amd64'))],
  ['a name that Go would have escaped', (at) => writeFiles(at, planted('example.com/Upper', 'v1.0.0'))],
  ['a checksum database', (at) => writeFiles(at, { 'cache/download/sumdb/x.test/lookup/y@v1.0.0': 'x' })],
  ['an empty directory', (at) => void mkdirSync(path.join(at, full('listed'), 'empty'))],
])('%s that a step has put there changes nothing', async (_, step) => {
  const { saved, roots } = await endWith({ listed: 100 }, step, 'miss')
  expect(saved).toEqual(['large', 'listed'].map(full))
  expect(roots.filter((root) => /fips|toolchain|Upper|sumdb/.test(root))).toEqual([])
})

/** A module that a step plants: whole for Go, with a `.ziphash` of its own. */
function planted(name: string, version: string): Record<string, string> {
  const prefix = `cache/download/${name}/@v/${version}`
  return {
    [`${name}@${version}/a.go`]: 'package a\n',
    [`${prefix}.info`]: JSON.stringify({ Version: version }),
    [`${prefix}.mod`]: `module ${name}\n`,
    [`${prefix}.ziphash`]: treeHashOf([{ name: `${name}@${version}/a.go`, sha256: sha256('package a\n') }]),
  }
}
