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
