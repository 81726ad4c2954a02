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
import type { PackFault } from '../archive/pack-shard.ts'

/**
 * Extensions of the files that Go keeps for a module version, in addition to its tree
 * (cmd/go/internal/modfetch/cache.go).
 */
export const downloadKinds = ['info', 'mod', 'ziphash', 'zip'] as const

type DownloadKind = (typeof downloadKinds)[number]

/** Module version in a module cache. */
export interface CachedVersion {
  /** `path@version`, unescaped. */
  readonly name: string
  /** Path of its files without their extension, relative to GOMODCACHE, with `/`. */
  readonly prefix: string
  /** Its extracted tree, relative to GOMODCACHE; undefined when it is missing or incomplete. */
  readonly tree: string | undefined
  /** Its files and their mtimes, in milliseconds since 1970. */
  readonly files: Readonly<Partial<Record<DownloadKind, number>>>
  /** Whether the module has a list of its known versions. */
  readonly hasList: boolean
  /** Time when the tree was put in place, in milliseconds since 1970; 0 without a tree. */
  readonly treePlaced: number
}

const download = 'cache/download'

/** Content of a module cache, and the parts of it that cannot be read. */
interface ModuleListing {
  /** Every version with any of its files, in byte order of the names. */
  readonly versions: readonly CachedVersion[]
  readonly faults: readonly PackFault[]
}

/**
 * Lists the module versions in a module cache. Names that Go would not have written, such as unescaped ones, are
 * skipped.
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

/** Returns the path of the list of a module's known versions, in the folder of its version files. */
export function listFile(version: CachedVersion): string {
  return `${path.posix.dirname(version.prefix)}/list`
}

/** Version, found by the names of its files. */
interface FoundVersion {
  readonly directory: string
  readonly stem: string
  readonly module: ModuleVersion
  /** Names of everything in the directory. */
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
  // Go accepts a tree as complete when it has a ziphash and no `.partial` file of an unfinished extraction.
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
 * Reports whether a module cache holds a module version as Go requires it: its complete tree, with its ziphash
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
