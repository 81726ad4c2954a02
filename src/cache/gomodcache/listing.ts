import * as path from 'node:path'
import {
  downloadPrefix,
  ModulePathError,
  type ModuleVersion,
  moduleVersionName,
  splitModuleVersion,
  treeDirectory,
  unescapePath,
  unescapeVersion,
} from '../../gofiles/module-path.ts'
import { entriesOf, isFile, lstat } from '../../platform/files.ts'
import type { PackFault } from '../archive/pack.ts'

/** The files that Go keeps of a module version beside its tree (cmd/go/internal/modfetch/cache.go). */
export const downloadKinds = ['info', 'mod', 'ziphash', 'zip'] as const

type DownloadKind = (typeof downloadKinds)[number]

/** A module version as a module cache holds it. */
export interface CachedVersion {
  /** `path@version`, unescaped. */
  readonly name: string
  /** Path of its files without their ending, relative to GOMODCACHE, with `/`. */
  readonly prefix: string
  /** Its extracted tree, relative to GOMODCACHE; undefined when it is absent or not complete. */
  readonly tree: string | undefined
  /** Its files and when they were written, in milliseconds since 1970. */
  readonly files: Readonly<Partial<Record<DownloadKind, number>>>
  /** Whether the module has a list of its known versions. */
  readonly hasList: boolean
  /** When the tree was put in place, in milliseconds since 1970; 0 without a tree. */
  readonly treePlaced: number
}

const download = 'cache/download'

/** What a module cache holds, and what of it cannot be read. */
interface ModuleListing {
  /** Every version with any of its files, in byte order of the names. */
  readonly versions: readonly CachedVersion[]
  readonly faults: readonly PackFault[]
}

/**
 * Lists what is in a module cache. What Go would not have put there, such as a name that it would have escaped, is none
 * of its modules.
 *
 * @param gomodcache absolute path of the module cache
 */
export function listVersions(gomodcache: string): ModuleListing {
  const faults: PackFault[] = []
  const attempt = <T>(relative: string, work: () => readonly T[]): readonly T[] => {
    try {
      return work()
    } catch (error) {
      faults.push({ path: relative, why: `cannot be read: ${(error as Error).message}` })
      return []
    }
  }
  const directoriesIn = (relative: string): readonly string[] =>
    attempt(relative, () => entriesOf(path.join(gomodcache, relative)))
      .filter((entry) => entry.isDirectory() && !(relative === download && entry.name === 'sumdb'))
      .flatMap((entry) => {
        const below = `${relative}/${entry.name}`
        return entry.name === '@v' ? [below] : directoriesIn(below)
      })
  const versions = directoriesIn(download).flatMap((directory) =>
    attempt(directory, () => namesOfVersions(gomodcache, directory)).flatMap((found) =>
      attempt(`${directory}/${found.stem}`, () => [versionOf(gomodcache, found)]),
    ),
  )
  return { versions: versions.sort((a, b) => (a.name < b.name ? -1 : 1)), faults }
}

/** The list of a module's known versions, beside its version files. */
export function listFile(version: CachedVersion): string {
  return `${path.posix.dirname(version.prefix)}/list`
}

/** A version by the names of its files. */
interface FoundVersion {
  readonly directory: string
  readonly stem: string
  readonly module: ModuleVersion
  /** Everything that lies in the directory. */
  readonly names: ReadonlySet<string>
}

function namesOfVersions(gomodcache: string, directory: string): readonly FoundVersion[] {
  const names = new Set(entriesOf(path.join(gomodcache, directory)).map((entry) => entry.name))
  const escapedPath = directory.slice(download.length + 1, -'/@v'.length)
  const stems = new Set(
    [...names].flatMap((name) => /^(.+)\.(?:info|mod|ziphash|zip)$/.exec(name)?.[1] ?? []),
  )
  return [...stems].flatMap((stem): readonly FoundVersion[] => {
    const module = unescaped(escapedPath, stem)
    return module === undefined ? [] : [{ directory, stem, module, names }]
  })
}

function unescaped(escapedPath: string, stem: string): ModuleVersion | undefined {
  try {
    return { path: unescapePath(escapedPath), version: unescapeVersion(stem) }
  } catch (error) {
    if (error instanceof ModulePathError) return undefined
    throw error
  }
}

function versionOf(gomodcache: string, { directory, stem, module, names }: FoundVersion): CachedVersion {
  const prefix = `${directory}/${stem}`
  const present = downloadKinds.filter((kind) => names.has(`${stem}.${kind}`))
  const times = present.map((kind) => [kind, lstat(path.join(gomodcache, `${prefix}.${kind}`))?.mtimeMs ?? 0])
  const tree = treeDirectory(module)
  // Go takes a tree for whole when it has a ziphash and no mark of an unfinished extraction.
  const isWhole = names.has(`${stem}.ziphash`) && !names.has(`${stem}.partial`)
  const placed = isWhole ? lstat(path.join(gomodcache, tree))?.ctimeMs : undefined
  return {
    name: moduleVersionName(module),
    prefix,
    tree: placed === undefined ? undefined : tree,
    files: Object.fromEntries(times) as CachedVersion['files'],
    hasList: names.has('list'),
    treePlaced: placed ?? 0,
  }
}

/**
 * Whether a module version is in a module cache as Go itself wants it: its tree, whole, with its ziphash
 * (cmd/go/internal/modfetch/cache.go, DownloadDir).
 *
 * @param gomodcache absolute path of the module cache
 * @param name `path@version`
 */
export function isModuleCached(gomodcache: string, name: string): boolean {
  const version = splitModuleVersion(name)
  const prefix = path.join(gomodcache, downloadPrefix(version))
  return (
    isFile(`${prefix}.ziphash`) &&
    !isFile(`${prefix}.partial`) &&
    lstat(path.join(gomodcache, treeDirectory(version))) !== undefined
  )
}
