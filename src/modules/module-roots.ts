import { splitTreeDirectory, unescapePath, unescapeVersion } from './module-path.ts'
import { moduleVersionName } from './module-version.ts'

/** What a path of the module cache is to a module version. */
export interface ModuleRoot {
  /** `path@version`. */
  readonly name: string
  readonly kind: 'tree' | 'info' | 'mod' | 'ziphash' | 'zip'
}

/**
 * Whether a module is a part of Go itself. Go runs toolchains, and links the FIPS 140 sources of GOFIPS140 from
 * GOMODCACHE without a `.ziphash`, go.sum or the checksum database (cmd/go/internal/modfetch/cache.go, DownloadDir):
 * it unpacked them from GOROOT. So no entry of modules may hold either; each is a matter of its Go.
 *
 * @param name `path@version`
 */
export function isPartOfGo(name: string): boolean {
  return /^golang\.org\/(?:toolchain|fips140)(?:\/v[0-9]+)?@/i.test(name)
}

/**
 * Tells which module version a path of the module cache belongs to, from the path alone: what else an entry says of it
 * is not to be trusted.
 *
 * @param root relative to GOMODCACHE, with `/`: a tree, or a file that Go keeps beside the trees
 * @returns undefined for everything else, such as lists of versions, toolchains and version control directories
 */
export function moduleRoot(root: string): ModuleRoot | undefined {
  const [, escapedPath, escapedVersion, kind] =
    /^cache\/download\/(.+)\/@v\/([^/]+)\.(info|mod|ziphash|zip)$/.exec(root) ?? []
  if (escapedPath === undefined || escapedVersion === undefined) {
    const tree = splitTreeDirectory(root)
    return tree === undefined ? undefined : { name: moduleVersionName(tree), kind: 'tree' }
  }
  try {
    const [path, version] = [unescapePath(escapedPath), unescapeVersion(escapedVersion)]
    return { name: moduleVersionName({ path, version }), kind: kind as ModuleRoot['kind'] }
  } catch {
    return undefined
  }
}

/** The `path@version` of the module whose tree a root is; undefined for its other files. */
export function treeName(root: string): string | undefined {
  const module = moduleRoot(root)
  return module?.kind === 'tree' ? module.name : undefined
}
