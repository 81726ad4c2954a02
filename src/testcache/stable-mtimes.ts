import { createHash } from 'node:crypto'
import * as path from 'node:path'
import { now } from '../platform/clock.ts'
import type { Variables } from '../platform/environment.ts'
import { entriesOf, lstat, readBytes, setMtime } from '../platform/files.ts'
import { refreshIndex, unsureFiles } from '../platform/git.ts'
import { findRepositories, parentOf, type Repository, type TrackedTree, trackedTree } from './repositories.ts'

/** 1980-01-01, in seconds since 1970: packs and archives hold nothing older. */
const earliest = 315_532_800

/**
 * Version of the mtime scheme. It changes when the same content gets another mtime, so that no run trusts an older
 * list.
 */
const schema = 1

/** An entry of a directory, as far as the directory's own mtime depends on it. */
export interface NamedEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
}

/**
 * Returns the mtime of a tracked file, derived only from its content. Go's test cache hashes size, mode and mtime of a
 * file, never its content (cmd/go/internal/test/test.go, hashWriteStat). So equal content keeps a test result, and
 * other content of the same size does not. With a constant mtime or that of a commit, it would.
 *
 * @param blobId git's hash of the content in hexadecimal, SHA-1 or SHA-256
 * @returns seconds since 1970, in the years 1980 to 1996. They are far in the past, because Go stores no result of a
 *   file younger than two seconds. 50 bits of the hash count, as whole 2^-21 seconds. A JavaScript number holds them
 *   exactly, so every version of Node sets the same nanosecond. On Windows libuv rounds to 1.6 µs, always in the same way
 */
export function mtimeOfBlob(blobId: string): number {
  return earliest + Math.floor(Number.parseInt(blobId.slice(0, 13), 16) / 4) / 2 ** 21
}

/** Returns the mtime of a file that git does not track, derived from its content as for tracked files. */
export function mtimeOfContent(content: Uint8Array): number {
  return mtimeOfBlob(createHash('sha256').update('content\0').update(content).digest('hex'))
}

/**
 * Returns the mtime of a directory, derived from the names and kinds of its entries. On every system, a change of these
 * also changes the mtime of the directory. The mtimes of the entries themselves have no effect.
 *
 * @param entries its current entries, tracked or not, in any order
 * @returns seconds since 1970, as for tracked files
 */
export function mtimeOfEntries(entries: readonly NamedEntry[]): number {
  const lines = entries.map(({ name, kind }) => `${kind}\0${name}\0`).sort()
  return mtimeOfBlob(createHash('sha256').update('directory\0').update(lines.join('')).digest('hex'))
}

/**
 * Returns a short digest of a list of paths. Two runs compare it to know whether both set the same stable mtimes.
 *
 * @param paths in any order; duplicates count once
 * @returns 16 hexadecimal digits
 */
export function listDigest(paths: readonly string[]): string {
  const text = [...new Set(paths)].sort().join('\0')
  return createHash('sha256').update(`${schema}\0${text}`).digest('hex').slice(0, 16)
}

/** The stable mtimes that were set, or git's reason why none could be. */
type StableMtimes =
  | {
      readonly kind: 'stable'
      /** Number of files and links that have a stable mtime now. */
      readonly files: number
      readonly directories: number
      /** Number of paths that stay unchanged: changed by the job, absent, or owned by another user. */
      readonly skipped: number
      /** `listDigest` of the requested paths; empty when none of them got a stable mtime. */
      readonly digest: string
    }
  | { readonly kind: 'no-git'; readonly why: string }

/**
 * Sets an mtime derived from content for files that tests read. So Go finds the results of these tests in a fresh
 * checkout, where every file is new. It changes only tracked files in the list that git finds unchanged, because the
 * content of others was not checked. In a directory that a test listed, the entries count, too. It refreshes git's
 * index, so that `git diff-index` sees no change.
 *
 * @param workspace absolute path of the checkout
 * @param paths the result of `collectTestInputs` in an earlier run. It is untrusted: paths that the workspace does not
 *   track are skipped
 * @param directories absolute paths of module directories, which may be in repositories of their own below
 * @param variables the variables that git gets
 */
export async function setStableMtimes(
  workspace: string,
  paths: readonly string[],
  directories: readonly string[],
  variables: Variables,
): Promise<StableMtimes> {
  const isNeeded = (prefix: string) => paths.some((place) => `${place}/`.startsWith(prefix))
  const found = await findRepositories(workspace, directories, variables, isNeeded)
  if (found.kind === 'no-git') return found
  const { usable, uncertain, why } = await findChanges(
    paths.length === 0 ? [] : found.repositories,
    variables,
  )
  if (usable.length === 0 && why !== undefined) return { kind: 'no-git', why }
  const tree = trackedTree(usable)
  const wanted = wantedOf(paths, tree, workspace)
  const isReal = realDirectories(workspace)
  const setStable = (place: string, seconds: number | undefined) =>
    seconds !== undefined && setMtime(path.join(workspace, place), seconds)
  // Git also reports watched files as changed if they are gone, behind a link, or no longer files.
  const files = wanted.files.filter((place) => {
    const entry = tree.files.get(place)
    return entry?.watched && !uncertain.has(place) && setStable(place, mtimeOfBlob(entry.id))
  })
  const stable = wanted.directories.filter(
    (place) => isReal(place) && setStable(place, timeOfDirectory(path.join(workspace, place))),
  )
  for (const { root } of usable) await refreshIndex(root, variables)
  const reset = await resetChangedFiles(usable, files, workspace, variables)
  // This comes last, because git creates a temporary file in .git when it refreshes the index.
  const markers = wanted.markers.filter((place) =>
    setStable(place, timeOfMarker(path.join(workspace, place))),
  )
  const counts = { files: files.length - reset, directories: stable.length + markers.length }
  const done = counts.files + counts.directories
  const all = wanted.files.length + wanted.directories.length + wanted.markers.length
  return {
    kind: 'stable',
    ...counts,
    skipped: all - done,
    digest: done === 0 && paths.length > 0 ? '' : listDigest(paths),
  }
}

/** Finds the files that git considers changed, by paths in the workspace, and the repositories in which git knows. */
async function findChanges(
  repositories: readonly Repository[],
  variables: Variables,
): Promise<{
  readonly usable: readonly Repository[]
  readonly uncertain: ReadonlySet<string>
  readonly why?: string
}> {
  const usable: Repository[] = []
  const uncertain = new Set<string>()
  const failures: string[] = []
  for (const repository of repositories) {
    // Refreshes first, so that a file with another mtime and the same content does not count as changed.
    const failure = await refreshIndex(repository.root, variables)
    const changes = failure === undefined ? await unsureFiles(repository.root, variables) : undefined
    if (changes === undefined) failures.push(failure ?? 'git cannot determine which files changed')
    else {
      usable.push(repository)
      for (const file of changes) uncertain.add(`${repository.prefix}${file}`)
    }
  }
  const [why] = failures
  return { usable, uncertain, ...(why === undefined ? {} : { why }) }
}

/**
 * Sets the mtime to now for files that changed between git's check and the setting of their stable mtime. Otherwise
 * Go would trust unchecked content.
 *
 * @returns the number of these files
 */
async function resetChangedFiles(
  repositories: readonly Repository[],
  files: readonly string[],
  workspace: string,
  variables: Variables,
): Promise<number> {
  const changed = new Set<string>()
  for (const { root, prefix, entries } of repositories) {
    const all = () => entries.map((entry) => entry.path)
    for (const file of (await unsureFiles(root, variables)) ?? all()) changed.add(`${prefix}${file}`)
  }
  const reset = files.filter((place) => changed.has(place))
  for (const place of reset) setMtime(path.join(workspace, place), now() / 1000)
  return reset.length
}

/** Returns the tracked items that paths refer to: themselves and, for directories that tests listed, the entries. */
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

/** Returns a check whether a path of the workspace is a directory, and no link on its way leads elsewhere. */
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

/** Returns the mtime of `.git`: a directory, or in submodules and linked work trees a file that names one. */
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
