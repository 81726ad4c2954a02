/** Whether Windows is emulated by Wine. */
export const isWine = process.env.GO_DEPS_WINE === '1'

/** Tests that Wine cannot run, although Windows can. */
export interface WineLimit {
  /** Relative to `__tests__`, without `.test.ts`. */
  readonly file: string
  /** Part of the full name of each test; undefined: the file cannot even be loaded. */
  readonly test?: string
  /** What Wine lacks, or does otherwise than Windows. */
  readonly reason: string
}

/** Every test that fails under Wine and is not here fails the run; so does an entry here that no test needs. */
export const wineLimits: readonly WineLimit[] = [
  ...['inputs/ssh-keys', 'inputs/ssh-keys.known-hosts'].map((file) => ({
    file,
    reason: 'has no ssh-keygen.exe, which Windows has',
  })),
  ...[
    ['checkout/checkout', 'modules of other projects include those behind a link'],
    ['checkout/find-modules', 'rejects {"working-directory":"link"}'],
    ['platform/cache-client/envelope', 'a link to a directory'],
    ['cache/archive/pack.live-folder', 'packing refuses, naming the path, a junction'],
    ['cache/archive/unpack.hostile', 'the stage folder is refused'],
    ['cache/gomodcache/install.writable', 'follows links once the directory exists'],
    ['setup-go/setup-go', 'is downloaded by a Go of the tool cache if PATH has none'],
  ].map(([file = '', test = '']) => ({ file, test, reason: 'makes no junctions: ENOTSUP' })),
  {
    file: 'cache/archive/manifest.damage',
    test: 'with a link for',
    reason: 'makes no links of files, but says that it did',
  },
  {
    file: 'cache/archive/unpack.read-only',
    test: 'write-protects everything below the roots',
    reason: 'makes a read-only file writable with SetFileTime, and has no read-only folders',
  },
  {
    file: 'setup-go/setup-go',
    test: 'is downloaded by the Go on PATH if nothing else is available',
    reason: 'has Go 1.21 for Windows only from a build of its own, because module proxies may lack it',
  },
  {
    file: 'setup-go/toolchain-module',
    test: 'a Go without a source is unavailable',
    reason: 'says `Path not found.` where Windows says `The system cannot find the path specified.`',
  },
  ...[
    ['testcache/collect', 'include the files of a submodule'],
    ['testcache/stable-mtimes', 'a submodule is handled by itself'],
  ].map(([file = '', test = '']) => ({
    file,
    test,
    reason: '`git submodule` is a script for the shell of Git for Windows, which git.exe alone does not have',
  })),
]

/** The files that are left out as a whole, relative to the repository. */
export const brokenUnderWine: readonly string[] = wineLimits.flatMap(({ file, test }) =>
  test === undefined ? [`__tests__/${file}.test.ts`] : [],
)

/**
 * Returns the limit that a test meets.
 *
 * @param file path of the test file, absolute or relative to the repository, with `/`
 * @param name full name of the test: those of its suites and its own, joined by spaces
 */
export function wineLimitOf(file: string, name: string): WineLimit | undefined {
  return wineLimits.find(
    (limit) =>
      limit.test !== undefined &&
      file.endsWith(`__tests__/${limit.file}.test.ts`) &&
      name.includes(limit.test),
  )
}
