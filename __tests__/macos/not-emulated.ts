import type { NotEmulated } from '../harness/not-emulated.ts'

const esbuild = 'starts esbuild, whose program for macOS is not there'
const goOfLinux = 'compares with the go command, which is that of Linux'
const toolchain = 'needs a toolchain of macOS, which Linux cannot run'

/**
 * The tests that fail in the emulated macOS because of the emulation, and not because of the action. `npm run test:macos`
 * skips them; any other test that fails there fails the run.
 */
export const notEmulated: readonly NotEmulated[] = [
  {
    file: 'platform/workers.test.ts',
    test: 'the bundle finds the worker file next to itself and contains none of its code',
    reason: esbuild,
  },
  {
    file: 'gocmd/go-env.test.ts',
    test: 'goEnvFile > is the path that the go command uses',
    reason: goOfLinux,
  },
  {
    file: 'setup-go/setup-go.test.ts',
    test: 'the toolchain module > is downloaded by a Go of the tool cache if PATH has none, and gives the list of releases',
    reason: toolchain,
  },
  {
    file: 'bundle/offline-network.test.ts',
    test: 'an offline job > accepts another Go from a folder that serves it, without the checksum database, only if it is the only source',
    reason: toolchain,
  },
  {
    file: 'bundle/credentials.test.ts',
    test: "credentials > are named first in the error when a fork's run cannot download a private module",
    reason: 'has no credentials, so git rightly asks the keychain, which fails the run here',
  },
  {
    file: 'bundle/toolchain-entry.test.ts',
    test: 'the downloaded Go is a separate entry, which is used only if it matches what Go expects: a small one',
    reason: toolchain,
  },
]
