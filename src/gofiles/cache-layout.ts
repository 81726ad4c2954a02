import { moduleVersionName, splitTreeDirectory, unescapePath, unescapeVersion } from './module-path.ts'

/** Whether a path of an entry is one of the files that Go keeps beside the trees. */
export function isDownloadPath(root: string): boolean {
  return root.startsWith('cache/download/')
}

/** What a path of the module cache is to a module version. */
interface ModuleRoot {
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

/** How Go hashes a tree or a go.mod: the name that stands for its path in the hash; undefined for everything else. */
export function hashedName(root: string): string | undefined {
  const module = moduleRoot(root)
  if (module?.kind === 'tree') return module.name
  return module?.kind === 'mod' ? 'go.mod' : undefined
}

/**
 * What a build cache holds, by its paths (cmd/go/internal/cache/cache.go, fileName and FuzzDir; cmd/go/internal/test/test.go,
 * testexpire.txt), the same from Go 1.21 to 1.26. `README` and `trim.txt` are of one machine, and so are marker files.
 */

/** An action, or data; since Go 1.24 data may be a directory with an executable in it (PutExecutable). */
const object = /^([0-9a-f]{2})\/\1[0-9a-f]{62}-(?:a|d(?:\/[^/]+)?)$/

const dataDirectory = /^([0-9a-f]{2})\/\1[0-9a-f]{62}-d$/

const fuzzing = /^fuzz(?:\/[^/]+)*$/

/** When test results expired. */
export const testExpiry = 'testexpire.txt'

/**
 * Whether a path is one that an entry of the build cache may hold.
 *
 * @param path relative to GOCACHE, with `/`
 */
export function isOfBuildCache(path: string, isDirectory: boolean): boolean {
  if (isDirectory) return /^[0-9a-f]{2}$/.test(path) || dataDirectory.test(path) || fuzzing.test(path)
  return object.test(path) || (path.startsWith('fuzz/') && fuzzing.test(path)) || path === testExpiry
}

/** Whether a path is one that an entry of the build cache may have as a root. */
export function isRootOfBuildCache(path: string): boolean {
  return /^[0-9a-f]{2}$/.test(path) || (path.startsWith('fuzz/') && fuzzing.test(path)) || path === testExpiry
}
