import type { NotEmulated } from '../harness/not-emulated.ts'

/** Whether Windows is emulated by Wine. */
export const isWine = process.env.GO_DEPS_WINE === '1'

const junctions = 'Wine makes no junctions: ENOTSUP'
const keygen = 'there is no ssh-keygen.exe, which Windows has'
const submodules = '`git submodule` is a script of Git for Windows, which git.exe alone does not have'

/**
 * The tests that fail under Wine because of the emulation, and not because of the action. `npm run test:windows` skips them
 * on Linux; any other test that fails there fails the run.
 */
export const notEmulated: readonly NotEmulated[] = [
  { file: 'inputs/ssh-keys.test.ts', reason: keygen },
  { file: 'inputs/ssh-keys.known-hosts.test.ts', reason: keygen },
  {
    file: 'checkout/checkout.test.ts',
    test: 'modules of other projects > include those behind a link',
    reason: junctions,
  },
  {
    file: 'checkout/find-modules.test.ts',
    test: 'directories outside the checkout > rejects {"working-directory":"link"}',
    reason: junctions,
  },
  {
    file: 'platform/cache-client/envelope.test.ts',
    test: 'an existing target is never written to > a link to a directory',
    reason: junctions,
  },
  {
    file: 'cache/archive/pack.live-folder.test.ts',
    test: 'packing refuses, naming the path, > a junction',
    reason: junctions,
  },
  {
    file: 'cache/archive/unpack.hostile.test.ts',
    test: 'the stage folder > is refused and left unchanged when it is not empty',
    reason: junctions,
  },
  {
    file: 'cache/archive/unpack.hostile.test.ts',
    test: 'the stage folder > is refused when it is a link',
    reason: junctions,
  },
  {
    file: 'cache/gomodcache/install.writable.test.ts',
    test: 'mustBeRemovable > follows links once the directory exists',
    reason: junctions,
  },
  {
    file: 'setup-go/setup-go.test.ts',
    test: 'the toolchain module > is downloaded by a Go of the tool cache if PATH has none, and gives the list of releases',
    reason: junctions,
  },
  ...['a shard', 'its manifest'].map((part) => ({
    file: 'cache/archive/manifest.damage.test.ts',
    test: `reports as damaged an entry > with a link for ${part}`,
    reason: 'Wine makes no links of files, but says that it did',
  })),
  {
    file: 'cache/archive/unpack.read-only.test.ts',
    test: 'write-protects everything below the roots, except the paths that stay writable',
    reason: 'SetFileTime of Wine makes a read-only file writable, and it has no read-only folders',
  },
  {
    file: 'setup-go/setup-go.test.ts',
    test: 'the toolchain module > is downloaded by the Go on PATH if nothing else is available, and added to the tool cache',
    reason: 'module proxies may lack Go 1.21 for Windows, so there is one of our own build',
  },
  {
    file: 'setup-go/toolchain-module.test.ts',
    test: 'a Go without a source is unavailable; one with a source, or without information, may be available',
    reason: 'Wine says `Path not found.` where Windows says `The system cannot find the path specified.`',
  },
  {
    file: 'testcache/collect.test.ts',
    test: 'several repositories > include the files of a submodule, unless it is not checked out',
    reason: submodules,
  },
  {
    file: 'testcache/stable-mtimes.test.ts',
    test: 'repositories > a submodule is handled by itself, and both are clean afterwards',
    reason: submodules,
  },
]
