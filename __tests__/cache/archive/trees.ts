import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  type Stats,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import type { PackUnit } from '../../../src/cache/archive/units.ts'
import { isUnix } from '../../temporary.ts'

/** A file to write: its content, optionally with an executable flag. */
export type Content = string | Buffer | { readonly content: string | Buffer; readonly executable: true }

/** Content of a tree by path: files, and directories with a trailing `/` and no content. */
export type Tree = Readonly<Record<string, Content>>

/** Time of every file and directory that `writeTree` writes, in seconds since 1970. */
export const treeTime = 1_600_000_000

/** Writes a tree below a folder. */
export function writeTree(base: string, tree: Tree): void {
  for (const [name, value] of Object.entries(tree)) {
    const target = path.join(base, name)
    mkdirSync(name.endsWith('/') ? target : path.dirname(target), { recursive: true })
    if (name.endsWith('/')) continue
    const isPlain = typeof value === 'string' || Buffer.isBuffer(value)
    writeFileSync(target, isPlain ? value : value.content)
    if (!isPlain) chmodSync(target, 0o755)
    utimesSync(target, treeTime, treeTime)
  }
  // Last, because writing into a directory changes its time.
  for (const name of readdirSync(base, { recursive: true, encoding: 'utf8' })) {
    utimesSync(path.join(base, name), treeTime, treeTime)
  }
}

/**
 * Everything below a folder, by path with `/`: mode, time and digest of each file, mode of each directory. Windows knows
 * only whether something is read-only: its modes are given as those of Unix that no file is executable with.
 */
export function readTree(base: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const native = readdirSync(base, { recursive: true, encoding: 'utf8' })
  for (const name of native.map((one) => one.replaceAll(path.sep, '/')).sort()) {
    const status = lstatSync(path.join(base, name))
    const mode = modeOf(status).toString(8)
    if (status.isFile()) {
      const digest = createHash('sha256')
        .update(readFileSync(path.join(base, name)))
        .digest('hex')
      found[name] = `${mode} ${Math.floor(status.mtimeMs / 1000)} ${digest}`
    } else found[name] = status.isDirectory() ? `${mode} directory` : `${mode} something else`
  }
  return found
}

function modeOf(status: Stats): number {
  if (isUnix) return status.mode & 0o7777
  const isReadOnly = (status.mode & 0o200) === 0
  if (status.isDirectory()) return isReadOnly ? 0o555 : 0o755
  return isReadOnly ? 0o444 : 0o644
}

/** One unit for each name at the top of a folder. */
export function topUnits(base: string): readonly PackUnit[] {
  return readdirSync(base).map((name) => ({ name: `unit ${name}`, roots: [name] }))
}

/** Writes a tree and packs it, each name at its top a unit. */
export async function packTree(
  folder: string,
  tree: Tree,
): Promise<{ readonly base: string; readonly entry: string }> {
  const [base, entry] = [path.join(folder, 'base'), path.join(folder, 'entry')]
  mkdirSync(base)
  writeTree(base, tree)
  await packEntry({ kind: 'modules', metadata: {}, base, units: topUnits(base), directory: entry, shards: 2 })
  return { base, entry }
}
