import { existsSync, lstatSync, readdirSync } from 'node:fs'
import * as path from 'node:path'
import type { PackRequest } from '../src/cache/archive/pack.ts'
import type { PackUnit } from '../src/cache/archive/units.ts'
import type { Context } from './context.ts'
import type { Pack } from './pack.ts'

/** The unpacked content of our two entries of a real job. */
export interface Content {
  /** Absolute paths. */
  readonly gomodcache: string
  readonly gocache: string
  /** In packing order. */
  readonly halves: readonly Half[]
}

/** The content of one of the two caches. */
export interface Half {
  readonly kind: 'modules' | 'build'
  /** Absolute path. */
  readonly base: string
  readonly units: readonly PackUnit[]
}

/** Restores both caches with our action, and lists their content: modules without zips, and build objects. */
export async function restoreContent({ baseOfOurs, ours, project }: Context): Promise<Content> {
  await baseOfOurs()
  await ours.run({ commit: await project.commit({ edits: 0, bumps: 0 }), post: false })
  const { gomodcache, gocache } = ours.places
  const objects = readdirSync(gocache).filter((name) => /^[0-9a-f]{2}$/.test(name))
  return {
    ...{ gomodcache, gocache },
    halves: [
      { kind: 'modules', base: gomodcache, units: moduleRoots(gomodcache, '').map(unit) },
      { kind: 'build', base: gocache, units: objects.map(unit) },
    ],
  }
}

/** Packs both caches concurrently, as post does; each becomes a folder named by its kind. */
export async function packContent(
  { packEntry }: Pick<Pack, 'packEntry'>,
  { halves }: Pick<Content, 'halves'>,
  folder: string,
  shards?: number,
): Promise<void> {
  await Promise.all(
    halves.map((half) =>
      packEntry({
        ...{ ...packRequest(half), directory: path.join(folder, half.kind) },
        ...(shards === undefined ? {} : { shards }),
      }),
    ),
  )
}

/** Returns what to pack of a cache. */
export function packRequest({ kind, base, units }: Half): Omit<PackRequest, 'directory'> {
  return {
    ...{ kind, base, units, metadata: {} },
    // The marker file that post leaves among the objects belongs to one machine.
    exclude: (file) => kind === 'build' && path.posix.basename(file).startsWith('go-deps-action-'),
  }
}

/** The trees of modules, and the files that the go command stores for each module. */
function moduleRoots(gomodcache: string, below: string): readonly string[] {
  return readdirSync(path.join(gomodcache, below), { withFileTypes: true }).flatMap((entry) => {
    const name = below === '' ? entry.name : `${below}/${entry.name}`
    if (!entry.isDirectory() || name === 'cache/vcs' || entry.name.startsWith('.')) return []
    if (entry.name === '@v' || entry.name.includes('@')) return [name]
    return moduleRoots(gomodcache, name)
  })
}

function unit(root: string): PackUnit {
  return { name: root, roots: [root] }
}

/** Number and total size in bytes of the regular files below a folder. */
export function sizesBelow(folder: string): { readonly files: number; readonly bytes: number } {
  let [files, bytes] = [0, 0]
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    files++
    bytes += lstatSync(path.join(entry.parentPath, entry.name)).size
  }
  return { files, bytes }
}

/** Whether a folder that a scenario removed exists again. */
export function isRestored({ gomodcache, gocache }: Content): boolean {
  return existsSync(gomodcache) && existsSync(gocache)
}
