import * as path from 'node:path'
import type { Variables } from '../platform/environment.ts'
import { lstat, realPath } from '../platform/files.ts'
import { type IndexEntry, indexEntries } from '../platform/git.ts'

/** A git repository in the workspace: that of the checkout, a submodule, or one checked out below. */
export interface Repository {
  /** Absolute path of its directory. */
  readonly root: string
  /** The prefix of its paths in the workspace: empty, or with `/` at the end. */
  readonly prefix: string
  readonly entries: readonly IndexEntry[]
}

/** The repositories of a workspace, or git's reason why there is none. */
type Repositories =
  | { readonly kind: 'found'; readonly repositories: readonly Repository[] }
  | { readonly kind: 'no-git'; readonly why: string }

/** Tracked content, by paths in the workspace with `/`; the workspace itself is the empty path. */
export interface TrackedTree {
  /** Files and links. */
  readonly files: ReadonlyMap<string, IndexEntry>
  /** Directories with tracked content. */
  readonly directories: ReadonlySet<string>
  /** `.git` at the top of each repository. Git does not track it, but tests look for it. */
  readonly markers: ReadonlySet<string>
}

/**
 * Finds the git repositories in a workspace and reads their indexes.
 *
 * @param workspace absolute path of the checkout; it need not be a repository itself
 * @param directories absolute paths of module directories; they may be in other repositories below
 * @param variables the variables that git gets
 * @param isNeeded whether a submodule is needed, by its path in the workspace
 */
export async function findRepositories(
  workspace: string,
  directories: readonly string[],
  variables: Variables,
  isNeeded: (prefix: string) => boolean = () => true,
): Promise<Repositories> {
  const found = new Map<string, Repository>()
  const failures: string[] = []
  const visit = async (prefix: string): Promise<void> => {
    const root = path.join(workspace, prefix.slice(0, -1))
    // Skips a directory behind a link: its files are elsewhere.
    if (
      found.has(prefix) ||
      realPath(root) !== path.join(realPath(workspace), path.relative(workspace, root))
    )
      return
    const index = await indexEntries(root, variables)
    if (index.kind === 'no-git') {
      failures.push(index.why)
      return
    }
    found.set(prefix, { root, prefix, entries: index.entries })
    for (const { mode, path: place } of index.entries) {
      // A submodule that is not checked out is an empty directory, where git answers for the repository above it.
      if (mode === '160000' && isNeeded(`${prefix}${place}/`) && lstat(path.join(root, place, '.git')))
        await visit(`${prefix}${place}/`)
    }
  }
  for (const prefix of new Set(['', ...directories.map((directory) => repositoryOf(directory, workspace))]))
    await visit(prefix)
  const [why] = failures
  return found.size === 0 && why !== undefined
    ? { kind: 'no-git', why }
    : { kind: 'found', repositories: [...found.values()] }
}

/** Returns the prefix, in the workspace, of the nearest repository at or above a directory. */
function repositoryOf(directory: string, workspace: string): string {
  for (let at = directory; ; at = path.dirname(at)) {
    const relative = path.relative(workspace, at).replaceAll(path.sep, '/')
    if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) return ''
    if (lstat(path.join(at, '.git')) !== undefined) return `${relative}/`
  }
}

/** Merges the indexes of repositories. */
export function trackedTree(repositories: readonly Repository[]): TrackedTree {
  const files = new Map<string, IndexEntry>()
  const directories = new Set<string>()
  const markers = new Set<string>()
  for (const { root, prefix, entries } of repositories) {
    if (lstat(path.join(root, '.git')) !== undefined) markers.add(`${prefix}.git`)
    directories.add(prefix.slice(0, -1))
    for (const entry of entries) {
      const place = `${prefix}${entry.path}`
      if (entry.mode === '160000') directories.add(place)
      else files.set(place, entry)
      for (let above = parentOf(place); !directories.has(above); above = parentOf(above))
        directories.add(above)
    }
  }
  return { files, directories, markers }
}

/** Returns the directory that holds a path of the workspace; empty for the workspace itself. */
export function parentOf(place: string): string {
  return place.slice(0, Math.max(place.lastIndexOf('/'), 0))
}
