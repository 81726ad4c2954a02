import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundle } from './actions.ts'
import type { SourceTree } from './source-tree.ts'

/** Our packing and unpacking, bundled. */
export type Pack = typeof import('../src/cache/archive/pack.ts') &
  typeof import('../src/cache/archive/unpack.ts') &
  typeof import('../src/cache/archive/manifest.ts') &
  typeof import('../src/platform/workers.ts')

/** Cost of one way of packing and unpacking. */
export interface Run {
  /** In seconds. */
  readonly pack: number
  readonly unpack: number
  /** Length of the archive in bytes. */
  readonly size: number
}

/**
 * Loads them as a bundle.
 *
 * @param folder absolute path of a folder for the bundle
 */
export async function loadPack(folder: string): Promise<Pack> {
  const source = fileURLToPath(new URL('../src/', import.meta.url))
  const entries = [
    'cache/archive/pack.ts',
    'cache/archive/unpack.ts',
    'cache/archive/manifest.ts',
    'platform/workers.ts',
    'worker.ts',
  ]
  await bundle(
    entries.map((entry) => join(source, entry)),
    folder,
  )
  const load = (name: string) => import(pathToFileURL(join(folder, name)).href)
  return {
    ...(await load('pack.mjs')),
    ...(await load('unpack.mjs')),
    ...(await load('manifest.mjs')),
    ...(await load('workers.mjs')),
  }
}

/**
 * Packs and unpacks a tree our way.
 *
 * @param base absolute path of the parent folder of the tree
 */
export async function runOurs(
  { packEntry, unpackEntry }: Pack,
  folder: string,
  base: string,
  tree: SourceTree,
): Promise<Run> {
  const [directory, stage] = [join(folder, 'entry'), join(folder, 'ours')]
  const packed = await packEntry({ kind: 'modules', metadata: {}, base, units: tree.units, directory })
  const unpacked = await unpackEntry({ directory, stage, readOnly: true })
  rmSync(directory, { recursive: true })
  rmSync(stage, { recursive: true })
  return { pack: packed.seconds, unpack: unpacked.seconds, size: packed.packedBytes }
}

/** The one of the system: shells on Windows may bring another. */
const tar = process.platform === 'win32' ? 'tar.exe' : 'tar'

/** Packs and unpacks a tree with `tar | zstd -3 -T0`, as cache actions do today. */
export function runTar(folder: string, base: string): Run {
  const [archive, target] = [join(folder, 'archive.tar.zst'), join(folder, 'theirs')]
  mkdirSync(target)
  const pack = shell(`${tar} -cf - -C "$1" . | zstd -q -3 -T0 -o "$2"`, base, archive)
  const unpack = shell(`zstd -q -d -c "$1" | ${tar} -xf - -C "$2"`, archive, target)
  const { size } = statSync(archive)
  rmSync(archive)
  rmSync(target, { recursive: true })
  return { pack, unpack, size }
}

function shell(script: string, ...parameters: readonly string[]): number {
  const start = performance.now()
  execFileSync('bash', ['-c', `set -o pipefail; ${script}`, 'bash', ...parameters], { stdio: 'inherit' })
  return (performance.now() - start) / 1000
}
