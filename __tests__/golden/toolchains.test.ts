import { describe } from 'vitest'
import { appWith, goMod } from './fixtures.ts'
import { failingGo } from './golden.ts'
import { madeModule } from './modules.ts'

const newer = { 'main.go': 'package main\n', 'go.mod': 'module example.com/app\n\ngo 1.99.0\n' }
const newerLib = madeModule('example.com/lib', 'v1.0.0', {
  'go.mod': 'module example.com/lib\n\ngo 1.99.0\n',
})
/** The toolchain module for any machine that runs this test. */
const toolchains = ['amd64', 'arm64'].map((architecture) =>
  madeModule('golang.org/toolchain', `v0.0.1-go1.99.0.linux-${architecture}`),
)
const auto = { env: { GOTOOLCHAIN: 'auto' } }

describe('this Go is too old', () => {
  failingGo('too-old', 'for go.mod', {
    files: newer,
    args: ['list'],
    explained: {
      title: 'this Go is too old',
      cause:
        'go.mod requires Go 1.99.0 or newer; this is Go <go>, and GOTOOLCHAIN=local does not let it fetch another.',
      fix: 'Use Go 1.99.0 or newer, or set `gotoolchain: auto` so that Go fetches it.',
      places: [{ file: 'go.mod', line: 3, text: 'requires Go 1.99.0, but Go <go> runs' }],
    },
  })

  failingGo('too-old-workspace', 'for go.work', {
    files: { 'go.work': 'go 1.99.0\n' },
    args: ['list'],
    explained: {
      title: 'this Go is too old',
      cause:
        'go.work requires Go 1.99.0 or newer; this is Go <go>, and GOTOOLCHAIN=local does not let it fetch another.',
      fix: 'Use Go 1.99.0 or newer, or set `gotoolchain: auto` so that Go fetches it.',
      places: [{ file: 'go.work', line: 1, text: 'requires Go 1.99.0, but Go <go> runs' }],
    },
  })

  failingGo('too-old-module', 'for a dependency', {
    files: appWith(newerLib),
    modules: [newerLib],
    args: ['list', './...'],
    explained: {
      title: 'this Go is too old',
      cause:
        'example.com/lib@v1.0.0 requires Go 1.99.0 or newer; this is Go <go>, and GOTOOLCHAIN=local does not let it fetch another.',
      fix: 'Use Go 1.99.0 or newer, or set `gotoolchain: auto` so that Go fetches it, or require an older version with `go get example.com/lib@VERSION`.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib: requires Go 1.99.0, but Go <go> runs' }],
    },
  })

  failingGo('too-old-vendored', 'for a vendored dependency', {
    files: {
      ...appWith(newerLib),
      'vendor/modules.txt': '# example.com/lib v1.0.0\n## explicit; go 1.99\nexample.com/lib\n',
    },
    args: ['list'],
    explained: {
      title: 'this Go is too old',
      cause:
        'example.com/lib in vendor/modules.txt requires Go 1.99 or newer; this is Go <go>, and GOTOOLCHAIN=local does not let it fetch another.',
      fix: 'Use Go 1.99 or newer, or set `gotoolchain: auto` so that Go fetches it, or require an older version with `go get example.com/lib@VERSION`.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib: requires Go 1.99, but Go <go> runs' }],
    },
  })
})

describe('another Go cannot be downloaded', () => {
  failingGo('toolchain-absent', 'because no proxy has it', {
    files: { 'main.go': 'package main\n', 'go.mod': goMod('toolchain go1.99.0') },
    args: ['list'],
    arrange: () => auto,
    explained: {
      title: 'toolchain not available',
      cause: 'Go needs Go 1.99.0 for <platform>, but no source in GOPROXY has it.',
      fix: 'Use Go 1.99.0 or newer in the job, or set `goproxy` to a source that has toolchains. Check that this version of Go exists.',
      places: [{ file: 'go.mod', line: 5, text: 'Go 1.99.0 is required here' }],
    },
  })

  failingGo('toolchain-proxy-off', 'because downloads are switched off', {
    files: newer,
    args: ['list'],
    arrange: () => ({ env: { GOTOOLCHAIN: 'auto', GOPROXY: 'off' } }),
    explained: {
      title: 'toolchain not available',
      cause: 'Go needs Go 1.99.0 for <platform>, but no source in GOPROXY has it.',
      fix: 'Use Go 1.99.0 or newer in the job, or set `goproxy` to a source that has toolchains. Check that this version of Go exists.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is required here' }],
    },
  })

  failingGo('toolchain-failing', 'because the proxy fails', {
    files: newer,
    args: ['list'],
    arrange: ({ proxy }) => {
      proxy.fail({ status: 502 })
      return auto
    },
    explained: {
      title: 'toolchain cannot be downloaded',
      cause:
        'Go could not fetch Go 1.99.0. The module proxy 127.0.0.1:<port> answered 502 Bad Gateway when Go requested golang.org/toolchain@v0.0.1-go1.99.0.<platform>.',
      fix: 'Use Go 1.99.0 or newer in the job, or fix the download. Run the job again. If the error persists, set `goproxy` to another proxy.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is required here' }],
    },
  })

  failingGo('toolchain-refused', 'because nobody listens', {
    files: newer,
    args: ['list'],
    arrange: () => ({ env: { GOTOOLCHAIN: 'auto', GOPROXY: 'http://127.0.0.1:1' } }),
    explained: {
      title: 'toolchain cannot be downloaded',
      cause:
        'Go could not fetch Go 1.99.0. The module proxy 127.0.0.1:<port> refused the connection when Go requested golang.org/toolchain@v0.0.1-go1.99.0.<platform>: dial tcp 127.0.0.1:<port>: connect: connection refused.',
      fix: 'Use Go 1.99.0 or newer in the job, or fix the download. Check that the server runs, and check host and port in the output of `go env GOPROXY GOSUMDB`.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is required here' }],
    },
  })

  failingGo('toolchain-unverified', 'because the checksum database is switched off', {
    files: newer,
    modules: toolchains,
    args: ['list'],
    arrange: () => auto,
    explained: {
      title: 'GOSUMDB=off forbids toolchains',
      cause: 'Go needs Go 1.99.0, but accepts no toolchain without the checksum database.',
      fix: 'Use Go 1.99.0 or newer in the job, or unset GOSUMDB and list private modules in `goprivate` or `gonosumdb`.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is required here' }],
    },
  })

  failingGo('toolchain-path', 'because only PATH is searched', {
    files: newer,
    args: ['list'],
    arrange: () => ({ env: { GOTOOLCHAIN: 'path' } }),
    explained: {
      title: 'toolchain not on PATH',
      cause: 'Go needs Go 1.99.0, but GOTOOLCHAIN limits it to PATH, which has no go1.99.0.',
      fix: 'Use Go 1.99.0 or newer in the job, or set `gotoolchain: auto` so that Go fetches it.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is required here' }],
    },
  })

  failingGo('toolchain-name', 'because GOTOOLCHAIN does not name one', {
    files: newer,
    args: ['list'],
    arrange: () => ({ env: { GOTOOLCHAIN: '1.25' } }),
    explained: {
      title: 'GOTOOLCHAIN cannot be read',
      cause: 'GOTOOLCHAIN is "1.25", which is not a toolchain.',
      fix: 'Set GOTOOLCHAIN to local, auto, path or a version such as go1.25.0, or unset it.',
      places: [],
    },
  })
})
