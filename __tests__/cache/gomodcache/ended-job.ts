import { createHash } from 'node:crypto'
import * as path from 'node:path'
import { readManifest } from '../../../src/cache/archive/manifest.ts'
import { namedFile, restoredFile } from '../../../src/cache/gomodcache/entry.ts'
import { saveModules } from '../../../src/cache/gomodcache/save.ts'
import type { NamedVersions, OmittedModules } from '../../../src/cache/gomodcache/select.ts'
import type { Store } from '../../../src/cache/store/store.ts'
import { treeHashOf } from '../../../src/gofiles/h1.ts'
import type { ModulesState, State } from '../../../src/state.ts'
import { noise } from '../../harness/evolving.ts'
import { temporaryFolder, writeFiles } from '../../temporary.ts'

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
export const full = (name: string) => `example.com/${name}@v1.0.0`
export const prefixOf = (name: string) => `cache/download/example.com/${name}/@v/v1.0.0`
const goMod = (name: string) => `module example.com/${name}\n`
const hashesOf = (name: string, bytes: number) => ({
  tree: treeHashOf([{ name: `${full(name)}/a.go`, sha256: sha256(noise(name, bytes)) }]),
  mod: treeHashOf([{ name: 'go.mod', sha256: sha256(goMod(name)) }]),
})

/** A module version as Go writes it, with this many bytes in it. */
function cached(name: string, bytes: number): Record<string, string> {
  return {
    [`${full(name)}/a.go`]: noise(name, bytes),
    [`${prefixOf(name)}.info`]: '{"Version":"v1.0.0"}',
    [`${prefixOf(name)}.mod`]: goMod(name),
    [`${prefixOf(name)}.ziphash`]: hashesOf(name, bytes).tree,
  }
}

const listed = ['large', 'required', 'listed']
/** Modules that the checksum files name by default. */
const named = {
  needed: ['large', 'required'].map(full),
  trees: listed.map(full),
  goMods: listed.map(full),
}

/** A job that ends: its restored entry, and how it differs from a successful one. */
export interface EndedJob {
  /** Modules in the restored entry, with the length of each; undefined: nothing was restored. */
  readonly entry?: Readonly<Record<string, number>> | undefined
  /** Number of trees in that entry, including unusable ones; by default all are usable. */
  readonly trees?: number
  readonly found?: ModulesState['found']
  readonly named?: NamedVersions
  readonly whole?: boolean
  readonly failed?: true
  readonly maxSize?: number
  readonly unchecked?: string
  readonly zips?: 'auto' | 'true'
  /** Modules missing from the restored entry because of a limit. */
  readonly leftOut?: OmittedModules
  /** Changes that a step makes to the module cache before the job ends. */
  readonly step?: (gomodcache: string) => void
}

/** Ends a job that found these modules besides those of its entry: name and length. */
export async function endWith(others: Readonly<Record<string, number>>, job: EndedJob = {}) {
  const folder = temporaryFolder()
  const directory = path.join(folder, 'modules')
  const entry = 'entry' in job ? job.entry : { large: 1_000_000 }
  const files = Object.entries(entry ?? {}).map(([name, bytes]) => cached(name, bytes))
  for (const one of files) writeFiles(directory, one)
  for (const [name, bytes] of Object.entries(others)) writeFiles(directory, cached(name, bytes))
  const paths = files.flatMap((one) => Object.keys(one))
  const roots = [...new Set(paths.map((file) => file.replace(/(@v1\.0\.0)\/.*/, '$1')))]
  const bytes = Object.values(entry ?? {}).reduce((sum, one) => sum + one, 0)
  const trees = job.trees ?? files.length
  writeFiles(folder, {
    [namedFile]: JSON.stringify({
      ...(job.named ?? named),
      sums: sumsFor({ ...entry, ...others }, (job.named ?? named).trees),
    }),
    ...(entry === undefined
      ? {}
      : { [restoredFile]: JSON.stringify({ roots, bytes, trees, leftOut: job.leftOut }) }),
  })
  job.step?.(directory)
  let saved: string[] = []
  let packed: string[] = []
  let about: unknown
  let packs = 0
  let stored = 0
  const store: Store = {
    unavailable: undefined,
    restore: async () => ({ kind: 'nothing', message: '' }),
    find: async () => ({ kind: 'nothing', message: '' }),
    holds: async () => {
      packs++
      return { kind: 'nothing', message: '' }
    },
    save: async (_, entry, to) => {
      if (!(await entry.toFolder(to))) return { kind: 'withdrawn' }
      const manifest = readManifest(to)
      const isTree = (root: string) => !root.startsWith('cache/download/')
      saved = manifest.units.filter(({ roots }) => roots.some(isTree)).map(({ name }) => name)
      packed = manifest.units.flatMap(({ roots }) => roots)
      about = manifest.about
      stored = manifest.shards.reduce((sum, shard) => sum + shard.length, 0)
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
      backend: 'auto',
      save: 'yes',
      why: 'a push',
    },
    ...(job.failed === true ? { failed: true } : {}),
    ...{ saveBuildOnFailure: false, keepsPrivate: false, maxSize: job.maxSize ?? 1e9, summary: 'never' },
    modules: {
      ...{ directory, key: 'k', matched: 'k-1', found: job.found ?? 'exact', unreachable: false },
      ...{
        zips: job.zips ?? 'auto',
        hadZips: false,
        isExclusive: true,
        corrupt: false,
        unchecked: job.unchecked ?? 'example.com/private',
        excluded: '',
        salt: 'k-1',
      },
    },
  }
  const outcome = await saveModules(
    { store, folder, variables: process.env },
    state,
    'a push',
    job.whole ?? true,
  )
  return { ...outcome, modules: saved.sort(), roots: packed, about, packs, stored }
}

/** The go.sum hashes of the modules that it names. */
function sumsFor(modules: Readonly<Record<string, number>>, named: readonly string[]) {
  const known = Object.entries(modules).filter(([name]) => named.includes(full(name)))
  return {
    trees: known.map(([name, bytes]) => [full(name), [hashesOf(name, bytes).tree]]),
    goMods: known.map(([name, bytes]) => [full(name), [hashesOf(name, bytes).mod]]),
  }
}
