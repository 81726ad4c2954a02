import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { openFolder } from '../../src/cache/archive/open-entry.ts'
import { packEntry } from '../../src/cache/archive/pack.ts'
import type { PackUnit } from '../../src/cache/archive/units.ts'
import { noRecordedSums } from '../../src/cache/gomodcache/checksum-database.ts'
import { restoreModules } from '../../src/cache/gomodcache/restore.ts'
import { makeKey } from '../../src/cache/key.ts'
import type { Store } from '../../src/cache/store/store.ts'
import { parseGoSum, recordedSums } from '../../src/gofiles/go-sum.ts'
import { filesBelow } from '../../src/platform/files.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { randomNumbers } from '../bundle/killed-machine.ts'
import { tornIn } from '../bundle/whole-caches.ts'
import { type MadeModule, madeModule, publish, sumLines } from '../golden/modules.ts'
import { isFull } from '../harness/extent.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const damages = isFull ? 500 : 20
const first = Number(process.env.GO_DEPS_SEED ?? 1)

const modules: readonly MadeModule[] = ['a', 'b', 'c', 'd', 'e'].map((name, index) =>
  madeModule(`example.com/${name}`, 'v1.0.0', {
    'data.txt': `${name} `.repeat(1000 * (index + 1)),
    'sub/deep/file.go': `package deep\n\nconst Name = "${name}"\n`,
  }),
)
const sums = recordedSums([parseGoSum(modules.map(sumLines).join(''), 'go.sum')])
const key = makeKey([{ name: 'schema', value: 'modules', of: '' }], 1)
const treeOf = ({ path: name, version }: MadeModule) => `${name}@${version}`
const prefixOf = ({ path: name, version }: MadeModule) => `cache/download/${name}/@v/${version}`

/** A module cache as Go writes it, zips included. */
function moduleCache(folder: string): void {
  for (const module of modules) {
    writeFiles(path.join(folder, treeOf(module)), module.files)
    publish(path.join(folder, 'cache/download'), module)
    writeFiles(folder, { [`${prefixOf(module)}.ziphash`]: sumLines(module).split(/\s/)[2] ?? '' })
  }
}

function unitsOf(folder: string): readonly PackUnit[] {
  return modules.map((module) => ({
    name: treeOf(module),
    roots: [
      treeOf(module),
      ...['info', 'mod', 'ziphash', 'zip'].map((kind) => `${prefixOf(module)}.${kind}`),
    ].filter((root) => existsSync(path.join(folder, root))),
  }))
}

type Pick = <T>(items: readonly T[]) => T

/** Changes to a module cache before it is packed; the entry itself is valid. */
const tamperings: Readonly<Record<string, (folder: string, pick: Pick, random: () => number) => void>> = {
  'a changed byte': (folder, pick, random) => flip(path.join(folder, pick(filesBelow(folder))), random),
  'a file that goes on': (folder, pick) => appendFileSync(path.join(folder, pick(filesBelow(folder))), 'x'),
  'a file less': (folder, pick) => rmSync(path.join(folder, pick(filesBelow(folder)))),
  'a file more': (folder, pick) =>
    writeFiles(folder, { [`${treeOf(pick(modules))}/init_extra.go`]: 'package x\n' }),
  'another name for a file': (folder, pick) => {
    const file = path.join(folder, pick(filesBelow(folder).filter((one) => !one.startsWith('cache/'))))
    renameSync(file, `${file}x`)
  },
  'the tree of another module': (folder, pick) => {
    const [from, to] = [pick(modules), pick(modules)].map((module) => path.join(folder, treeOf(module)))
    replace(from ?? '', to ?? '')
  },
  'a file of another module beside the tree': (folder, pick) => {
    const kind = pick(['mod', 'ziphash', 'zip', 'info'])
    const [from, to] = [pick(modules), pick(modules)].map((one) =>
      path.join(folder, `${prefixOf(one)}.${kind}`),
    )
    replace(from ?? '', to ?? '')
  },
  'another module altogether': (folder, pick) => {
    const [from, to] = [pick(modules), pick(modules)]
    replace(path.join(folder, treeOf(from)), path.join(folder, treeOf(to)))
    for (const kind of ['mod', 'ziphash', 'zip'])
      replace(path.join(folder, `${prefixOf(from)}.${kind}`), path.join(folder, `${prefixOf(to)}.${kind}`))
  },
}

/** Damage to an entry in transit. */
const accidents: Readonly<Record<string, (entry: string, pick: Pick, random: () => number) => void>> = {
  'a flipped bit': (entry, pick, random) => flip(path.join(entry, pick(filesBelow(entry))), random),
  'a file that is cut off': (entry, pick, random) => {
    const file = path.join(entry, pick(filesBelow(entry)))
    truncateSync(file, Math.floor(random() * readFileSync(file).length))
  },
  'a file that goes on': (entry, pick) => appendFileSync(path.join(entry, pick(filesBelow(entry))), 'more'),
  'a file less': (entry, pick) => rmSync(path.join(entry, pick(filesBelow(entry)))),
  'shards that changed places': (entry) => {
    const [one = '', other = ''] = readdirSync(entry).filter((name) => name !== 'manifest.json')
    renameSync(path.join(entry, one), path.join(entry, 'aside'))
    renameSync(path.join(entry, other), path.join(entry, one))
    renameSync(path.join(entry, 'aside'), path.join(entry, other))
  },
  'a manifest of something else': (entry, pick) =>
    writeFileSync(path.join(entry, 'manifest.json'), pick(['', '{}', '[]', 'null', '{"schema":99}'])),
}

function flip(file: string, random: () => number): void {
  const bytes = readFileSync(file)
  const at = Math.floor(random() * bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
  writeFileSync(file, bytes)
}

function replace(from: string, to: string): void {
  if (from === to) return
  rmSync(to, { recursive: true, maxRetries: 5, force: true })
  cpSync(from, to, { recursive: true })
}

function storeOf(entry: string): Store {
  return {
    unavailable: undefined,
    restore: async (_, __, to) => {
      cpSync(entry, to, { recursive: true })
      return { kind: 'restored', key: `${key.full}-1`, entry: openFolder(to) }
    },
    find: async () => ({ kind: 'nothing', message: '' }),
    holds: async () => ({ kind: 'exists' }),
    save: async () => ({ kind: 'saved' }),
  }
}

test(`after any of ${damages} random damages, the module cache holds only modules that match go.sum`, {
  timeout: isFull ? 3_600_000 : 120_000,
}, async ({ task }) => {
  const folder = temporaryFolder()
  let corrupt = 0
  for (let seed = first; seed < first + damages; seed++) {
    const random = randomNumbers(seed)
    const pick: Pick = (items) => items[Math.floor(random() * items.length)] as (typeof items)[number]
    const work = path.join(folder, String(seed))
    const [base, entry, gomodcache] = ['base', 'entry', 'modules'].map((name) => path.join(work, name)) as [
      string,
      string,
      string,
    ]
    moduleCache(base)
    const isTampering = random() < 0.6
    const [what, damage] = pick(Object.entries(isTampering ? tamperings : accidents))
    const context = `seed ${seed}: ${what}`
    if (isTampering) damage(base, pick, random)
    await packEntry({ kind: 'modules', metadata: {}, base, units: unitsOf(base), directory: entry })
    if (!isTampering) damage(entry, pick, random)
    mkdirSync(gomodcache, { recursive: true })

    const place = { directory: gomodcache, readOnly: true }
    const outcome = await restoreModules(
      { store: storeOf(entry), folder: work, variables: process.env },
      place,
      key,
      modules.map(treeOf),
      { sums, ask: async () => noRecordedSums },
    )
    expect(tornIn({ gomodcache, gocache: path.join(work, 'none') }, modules), context).toEqual([])
    const trees = modules.map(treeOf).filter((tree) => existsSync(path.join(gomodcache, tree)))
    // Either each missing module is named, or the whole entry is refused.
    const named = new Set(outcome.wrong.map(({ name }) => name))
    if (outcome.found === 'miss') {
      expect([trees, outcome.corrupt], context).toEqual([[], true])
      corrupt++
    } else {
      for (const name of named) expect(trees, context).not.toContain(name)
      if (named.size > 0) corrupt++
    }
    expect(
      readdirSync(gomodcache).filter((name) => name.startsWith('.')),
      context,
    ).toEqual([])
    await removeTree(work)
  }
  task.meta.damages = { count: damages, first, noticed: corrupt, isFull }
  // Some damages change nothing that is recorded, such as an extra file or an .info.
  expect(corrupt).toBeGreaterThan(damages / 2)
})
