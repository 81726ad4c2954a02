import * as path from 'node:path'
import { treeDirectory, unescapePath, unescapeVersion } from '../../modules/module-path.ts'
import { entriesOf, look } from '../../system/files.ts'

/** The files that Go keeps of a module version beside its tree (cmd/go/internal/modfetch/cache.go). */
export const kinds = ['info', 'mod', 'ziphash', 'zip'] as const
export type DownloadKind = (typeof kinds)[number]

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

/**
 * Lists what is in a module cache: every version with any of its files, in byte order of the names.
 *
 * @param gomodcache absolute path of the module cache
 */
export function listVersions(gomodcache: string): readonly CachedVersion[] {
  const versions: CachedVersion[] = []
  for (const directory of versionDirectories(gomodcache, download)) {
    versions.push(...versionsIn(gomodcache, directory))
  }
  return versions.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The list of a module's known versions, beside its version files. */
export function listFile(version: CachedVersion): string {
  return `${path.posix.dirname(version.prefix)}/list`
}

function versionDirectories(gomodcache: string, relative: string): readonly string[] {
  return entriesOf(path.join(gomodcache, relative))
    .filter((entry) => entry.isDirectory() && !(relative === download && entry.name === 'sumdb'))
    .flatMap((entry) => {
      const below = `${relative}/${entry.name}`
      return entry.name === '@v' ? [below] : versionDirectories(gomodcache, below)
    })
}

function versionsIn(gomodcache: string, directory: string): readonly CachedVersion[] {
  const names = entriesOf(path.join(gomodcache, directory)).map((entry) => entry.name)
  const escapedPath = directory.slice(download.length + 1, -'/@v'.length)
  const stems = new Set(names.flatMap((name) => /^(.+)\.(?:info|mod|ziphash|zip)$/.exec(name)?.[1] ?? []))
  return [...stems].map((stem) => {
    const modulePath = unescapePath(escapedPath)
    const version = unescapeVersion(stem)
    const prefix = `${directory}/${stem}`
    const present = kinds.filter((kind) => names.includes(`${stem}.${kind}`))
    const times = present.map((kind) => [
      kind,
      look(path.join(gomodcache, `${prefix}.${kind}`))?.mtimeMs ?? 0,
    ])
    const tree = treeDirectory({ path: modulePath, version })
    // Go takes a tree for whole when it has a ziphash and no mark of an unfinished extraction.
    const isWhole = names.includes(`${stem}.ziphash`) && !names.includes(`${stem}.partial`)
    const placed = isWhole ? look(path.join(gomodcache, tree))?.ctimeMs : undefined
    return {
      name: `${modulePath}@${version}`,
      prefix,
      tree: placed === undefined ? undefined : tree,
      files: Object.fromEntries(times) as CachedVersion['files'],
      hasList: names.includes('list'),
      treePlaced: placed ?? 0,
    }
  })
}
