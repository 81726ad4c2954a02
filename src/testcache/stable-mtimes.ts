import { createHash } from 'node:crypto'
import * as path from 'node:path'
import { now } from '../platform/clock.ts'
import { entriesOf, lstat, readBytes, setMtime } from '../platform/files.ts'
import { refreshIndex, unsureFiles } from '../platform/git.ts'
import { findRepositories, parentOf, type Repository, type TrackedTree, trackedTree } from './repositories.ts'

/** 1980-01-01: what packs and archives hold is never older than that. Seconds since 1970. */
const earliest = 315_532_800

/** Changes when other times come out of the same content, so that no run trusts a list settled otherwise. */
const schema = 1

/** An entry of a directory, as far as the directory's own time depends on it. */
export interface NamedEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
}

/**
 * The modification time of a tracked file, made of nothing but its content: Go's test cache hashes size, mode and
 * time of a file, never what is in it (cmd/go/internal/test/test.go, hashWriteStat). So equal content keeps a
 * result, and other content of the same size does not: a constant time, or that of a commit, would.
 *
 * @param blobId git's hash of the content in hexadecimal, SHA-1 or SHA-256
 * @returns seconds since 1970, in the years 1980 to 1996: far in the past, because Go stores no result of a file
 *   younger than two seconds. 50 bits of the hash count, as whole 2^-21 seconds: a number of JavaScript holds
 *   them exactly, so that every version of Node sets the same nanosecond.
 */
export function mtimeOfBlob(blobId: string): number {
  return earliest + Math.floor(Number.parseInt(blobId.slice(0, 13), 16) / 4) / 2 ** 21
}

/** The modification time of a file that git does not track, made of its content; as for those that it does. */
export function mtimeOfContent(content: Uint8Array): number {
  return mtimeOfBlob(createHash('sha256').update('content\0').update(content).digest('hex'))
}

/**
 * The modification time of a directory, made of its entries' names and kinds: a change of these is what the time
 * of a directory tells everywhere. The times of the entries themselves are no part of it.
 *
 * @param entries what is in it now, tracked or not, in any order
 */
export function mtimeOfEntries(entries: readonly NamedEntry[]): number {
  const lines = entries.map(({ name, kind }) => `${kind}\0${name}\0`).sort()
  return mtimeOfBlob(createHash('sha256').update('directory\0').update(lines.join('')).digest('hex'))
}

/**
 * A short digest of a list of paths, by which two runs tell whether both settled the same.
 *
 * @param paths in any order; one that is there twice counts once
 * @returns 16 hexadecimal digits
 */
export function listDigest(paths: readonly string[]): string {
  const text = [...new Set(paths)].sort().join('\0')
  return createHash('sha256').update(`${schema}\0${text}`).digest('hex').slice(0, 16)
}

/** What was settled; or why nothing could be, in git's own words. */
type StableMtimes =
  | {
      readonly kind: 'settled'
      /** How many files and links have times of their content now. */
      readonly files: number
      readonly directories: number
      /** How many were left as they are: changed, absent, or somebody else's. */
      readonly skipped: number
      /** `listDigest` of the paths that were asked for; empty when none of them could be settled. */
      readonly digest: string
    }
  | { readonly kind: 'no-git'; readonly why: string }

/**
 * Gives files that tests read a modification time made of their content, so that Go finds the results of these
 * tests again in a fresh checkout, where every file is new. Only what is tracked and named is touched, and of that
 * only what git finds unchanged; the content of other files was not seen. In a directory that a test listed the
 * entries count, too. Git's index is refreshed, so that `git diff-index` sees no change.
 *
 * @param workspace absolute path of the checkout
 * @param paths what `collectTestInputs` gave in an earlier run. They may come from anywhere: what is no tracked
 *   path of the workspace is passed over
 * @param directories absolute paths of module directories, where these may be in repositories of their own below
 */
export async function setStableMtimes(
  workspace: string,
  paths: readonly string[],
  directories: readonly string[] = [],
): Promise<StableMtimes> {
  const wants = (prefix: string) => paths.some((place) => `${place}/`.startsWith(prefix))
  const found = await findRepositories(workspace, directories, wants)
  if (found.kind === 'no-git') return found
  const { usable, unsure, why } = await lookForChanges(paths.length === 0 ? [] : found.repositories)
  if (usable.length === 0 && why !== undefined) return { kind: 'no-git', why }
  const tree = trackedTree(usable)
  const wanted = wantedOf(paths, tree, workspace)
  const isReal = realDirectories(workspace)
  const settle = (place: string, seconds: number | undefined) =>
    seconds !== undefined && setMtime(path.join(workspace, place), seconds)
  // Of the files that git watches it calls those changed, too, that are gone, behind a link, or no files any more.
  const files = wanted.files.filter((place) => {
    const entry = tree.files.get(place)
    return entry?.watched && !unsure.has(place) && settle(place, mtimeOfBlob(entry.id))
  })
  const stable = wanted.directories.filter(
    (place) => isReal(place) && settle(place, timeOfDirectory(path.join(workspace, place))),
  )
  for (const { root } of usable) await refreshIndex(root)
  const corrupt = await changedMeanwhile(usable, files, workspace)
  // Only now, because git makes a file in .git for a moment when it refreshes the index.
  const markers = wanted.markers.filter((place) => settle(place, timeOfMarker(path.join(workspace, place))))
  const counts = { files: files.length - corrupt, directories: stable.length + markers.length }
  const done = counts.files + counts.directories
  const all = wanted.files.length + wanted.directories.length + wanted.markers.length
  return {
    kind: 'settled',
    ...counts,
    skipped: all - done,
    digest: done === 0 && paths.length > 0 ? '' : listDigest(paths),
  }
}

/** What git finds changed, by paths of the workspace; and in which repositories it can tell. */
async function lookForChanges(repositories: readonly Repository[]): Promise<{
  readonly usable: readonly Repository[]
  readonly unsure: ReadonlySet<string>
  readonly why?: string
}> {
  const usable: Repository[] = []
  const unsure = new Set<string>()
  const failures: string[] = []
  for (const repository of repositories) {
    // First of all, so that a file with another time and the same content is no changed one.
    const failure = await refreshIndex(repository.root)
    const changes = failure === undefined ? await unsureFiles(repository.root) : undefined
    if (changes === undefined) failures.push(failure ?? 'git cannot tell which files are changed')
    else {
      usable.push(repository)
      for (const file of changes) unsure.add(`${repository.prefix}${file}`)
    }
  }
  const [why] = failures
  return { usable, unsure, ...(why === undefined ? {} : { why }) }
}

/**
 * Makes files new that something changed between git's look and the setting of their times: those would vouch for
 * content that nobody saw.
 *
 * @returns how many there were
 */
async function changedMeanwhile(
  repositories: readonly Repository[],
  files: readonly string[],
  workspace: string,
): Promise<number> {
  const changed = new Set<string>()
  for (const { root, prefix, entries } of repositories) {
    const all = () => entries.map((entry) => entry.path)
    for (const file of (await unsureFiles(root)) ?? all()) changed.add(`${prefix}${file}`)
  }
  const corrupt = files.filter((place) => changed.has(place))
  for (const place of corrupt) setMtime(path.join(workspace, place), now() / 1000)
  return corrupt.length
}

/** Which tracked things paths mean: themselves and, for directories that tests listed, the entries. */
function wantedOf(paths: readonly string[], tree: TrackedTree, workspace: string) {
  const wanted = new Set<string>()
  for (const text of paths) {
    const bare = text.replace(/\/$/, '')
    if (bare === '') continue
    const place = bare === '.' ? '' : bare
    wanted.add(place)
    if (!text.endsWith('/') || !tree.directories.has(place)) continue
    for (const { name } of entriesOf(path.join(workspace, place)))
      wanted.add(place === '' ? name : `${place}/${name}`)
  }
  const all = [...wanted]
  return {
    files: all.filter((place) => tree.files.has(place)),
    directories: all.filter((place) => tree.directories.has(place)),
    markers: all.filter((place) => tree.markers.has(place)),
  }
}

/** Tells whether a directory of the workspace is one, and no link on its way leads elsewhere. */
function realDirectories(workspace: string): (place: string) => boolean {
  const known = new Map([['', true]])
  const isReal = (place: string): boolean => {
    const before = known.get(place)
    if (before !== undefined) return before
    const real = isReal(parentOf(place)) && lstat(path.join(workspace, place))?.isDirectory() === true
    known.set(place, real)
    return real
  }
  return isReal
}

function timeOfDirectory(directory: string): number {
  return mtimeOfEntries(entriesOf(directory).map((entry) => ({ name: entry.name, kind: kindOf(entry) })))
}

/** A directory, or in submodules and linked work trees a file that names one. */
function timeOfMarker(marker: string): number | undefined {
  const stats = lstat(marker)
  if (stats?.isDirectory()) return timeOfDirectory(marker)
  return stats?.isFile() ? mtimeOfContent(readBytes(marker) ?? Buffer.of()) : undefined
}

function kindOf(entry: ReturnType<typeof entriesOf>[number]): NamedEntry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'link' : 'other'
}
