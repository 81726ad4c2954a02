import { moduleVersionName, splitTreeDirectory, unescapePath, unescapeVersion } from './module-path.ts'

/** Whether a path of an entry is in `cache/download`, next to the extracted trees. */
export function isDownloadPath(root: string): boolean {
  return root.startsWith('cache/download/')
}

/** The module version that a path of the module cache belongs to, and the kind of the path. */
interface ModuleRoot {
  /** `path@version`. */
  readonly name: string
  readonly kind: 'tree' | 'info' | 'mod' | 'ziphash' | 'zip'
}

/**
 * Whether a module is a part of Go itself: a toolchain or the FIPS 140 sources of GOFIPS140. Go uses both from
 * GOMODCACHE without a `.ziphash`, go.sum or the checksum database (cmd/go/internal/modfetch/cache.go, DownloadDir):
 * it unpacks the sources from GOROOT. Entries of the module cache therefore hold neither; both belong to one Go version.
 *
 * @param name `path@version`
 */
export function isPartOfGo(name: string): boolean {
  return /^golang\.org\/(?:toolchain|fips140)(?:\/v[0-9]+)?@/i.test(name)
}

/**
 * Returns the module version that a path of the module cache belongs to, from the path alone, because other data of an
 * entry is not trusted.
 *
 * @param root relative to GOMODCACHE, with `/`: a tree, or a file below `cache/download`
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

/** Returns the `path@version` of the module whose tree a root is; undefined for its other files. */
export function treeName(root: string): string | undefined {
  const module = moduleRoot(root)
  return module?.kind === 'tree' ? module.name : undefined
}

/** Returns the name by which Go hashes a tree or a go.mod; undefined for all other paths. */
export function hashedName(root: string): string | undefined {
  const module = moduleRoot(root)
  if (module?.kind === 'tree') return module.name
  return module?.kind === 'mod' ? 'go.mod' : undefined
}

/**
 * The paths of a build cache (cmd/go/internal/cache/cache.go, fileName and FuzzDir; cmd/go/internal/test/test.go,
 * testexpire.txt), the same from Go 1.21 to 1.26. `README`, `trim.txt` and marker files belong to one machine, so
 * entries do not hold them.
 */

/** An action, or data; since Go 1.24 data may be a directory with an executable in it (PutExecutable). */
const object = /^([0-9a-f]{2})\/\1[0-9a-f]{62}-(?:a|d(?:\/[^/]+)?)$/

const dataDirectory = /^([0-9a-f]{2})\/\1[0-9a-f]{62}-d$/

const fuzzing = /^fuzz(?:\/[^/]+)*$/

/** The file that records when test results expired. */
export const testExpiry = 'testexpire.txt'

/**
 * Whether an entry of the build cache may hold a path.
 *
 * @param path relative to GOCACHE, with `/`
 */
export function isOfBuildCache(path: string, isDirectory: boolean): boolean {
  if (isDirectory) return /^[0-9a-f]{2}$/.test(path) || dataDirectory.test(path) || fuzzing.test(path)
  return object.test(path) || (path.startsWith('fuzz/') && fuzzing.test(path)) || path === testExpiry
}

/** Whether an entry of the build cache may have a path as a root. */
export function isRootOfBuildCache(path: string): boolean {
  return /^[0-9a-f]{2}$/.test(path) || (path.startsWith('fuzz/') && fuzzing.test(path)) || path === testExpiry
}
