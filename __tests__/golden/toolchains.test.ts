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
        'go.mod requires Go 1.99.0 or newer; this is Go <go>, and GOTOOLCHAIN=local lets it fetch no other.',
      fix: 'Use Go 1.99.0 or newer, or set `gotoolchain: auto` so that Go fetches it.',
      places: [{ file: 'go.mod', line: 3, text: 'requires Go 1.99.0, and Go <go> is used' }],
    },
  })

  failingGo('too-old-workspace', 'for go.work', {
    files: { 'go.work': 'go 1.99.0\n' },
    args: ['list'],
    explained: {
      title: 'this Go is too old',
      cause:
        'go.work requires Go 1.99.0 or newer; this is Go <go>, and GOTOOLCHAIN=local lets it fetch no other.',
      fix: 'Use Go 1.99.0 or newer, or set `gotoolchain: auto` so that Go fetches it.',
      places: [{ file: 'go.work', line: 1, text: 'requires Go 1.99.0, and Go <go> is used' }],
    },
  })

  failingGo('too-old-module', 'for a dependency', {
    files: appWith(newerLib),
    modules: [newerLib],
    args: ['list', './...'],
    explained: {
      title: 'this Go is too old',
      cause:
        'example.com/lib@v1.0.0 requires Go 1.99.0 or newer; this is Go <go>, and GOTOOLCHAIN=local lets it fetch no other.',
      fix: 'Use Go 1.99.0 or newer, or set `gotoolchain: auto` so that Go fetches it, or require an older version by `go get example.com/lib@VERSION`.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib: requires Go 1.99.0, and Go <go> is used' }],
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
        'example.com/lib in vendor/modules.txt requires Go 1.99 or newer; this is Go <go>, and GOTOOLCHAIN=local lets it fetch no other.',
      fix: 'Use Go 1.99 or newer, or set `gotoolchain: auto` so that Go fetches it, or require an older version by `go get example.com/lib@VERSION`.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib: requires Go 1.99, and Go <go> is used' }],
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
      cause: 'Go wants to fetch Go 1.99.0 for <platform>, and no source in GOPROXY has it.',
      fix: 'Use Go 1.99.0 or newer in the job, or let `goproxy` name a source that has toolchains; see that this version of Go exists.',
      places: [{ file: 'go.mod', line: 5, text: 'Go 1.99.0 is wanted here' }],
    },
  })

  failingGo('toolchain-proxy-off', 'because downloads are switched off', {
    files: newer,
    args: ['list'],
    arrange: () => ({ env: { GOTOOLCHAIN: 'auto', GOPROXY: 'off' } }),
    explained: {
      title: 'toolchain not available',
      cause: 'Go wants to fetch Go 1.99.0 for <platform>, and no source in GOPROXY has it.',
      fix: 'Use Go 1.99.0 or newer in the job, or let `goproxy` name a source that has toolchains; see that this version of Go exists.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is wanted here' }],
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
        'Go wants to fetch Go 1.99.0, and could not. The module proxy 127.0.0.1:<port> answered 502 Bad Gateway when asked for golang.org/toolchain@v0.0.1-go1.99.0.<platform>.',
      fix: 'Use Go 1.99.0 or newer in the job, or fix the download. Run the job again; if it stays, set `goproxy` to another proxy.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is wanted here' }],
    },
  })

  failingGo('toolchain-refused', 'because nobody listens', {
    files: newer,
    args: ['list'],
    arrange: () => ({ env: { GOTOOLCHAIN: 'auto', GOPROXY: 'http://127.0.0.1:1' } }),
    explained: {
      title: 'toolchain cannot be downloaded',
      cause:
        'Go wants to fetch Go 1.99.0, and could not. The module proxy 127.0.0.1:<port> refused the connection when asked for golang.org/toolchain@v0.0.1-go1.99.0.<platform>: dial tcp 127.0.0.1:<port>: connect: connection refused.',
      fix: 'Use Go 1.99.0 or newer in the job, or fix the download. See that it runs, and check host and port in what `go env GOPROXY GOSUMDB` shows.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is wanted here' }],
    },
  })

  failingGo('toolchain-unverified', 'because the checksum database is switched off', {
    files: newer,
    modules: toolchains,
    args: ['list'],
    arrange: () => auto,
    explained: {
      title: 'GOSUMDB=off forbids toolchains',
      cause: 'Go wants to fetch Go 1.99.0, and takes no toolchain without asking the checksum database.',
      fix: 'Use Go 1.99.0 or newer in the job, or unset GOSUMDB and name private modules in `goprivate` or `gonosumdb`.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is wanted here' }],
    },
  })

  failingGo('toolchain-path', 'because only PATH is searched', {
    files: newer,
    args: ['list'],
    arrange: () => ({ env: { GOTOOLCHAIN: 'path' } }),
    explained: {
      title: 'toolchain not on PATH',
      cause: 'Go wants Go 1.99.0, and GOTOOLCHAIN lets it look only on PATH, where there is no go1.99.0.',
      fix: 'Use Go 1.99.0 or newer in the job, or set `gotoolchain: auto` so that Go fetches it.',
      places: [{ file: 'go.mod', line: 3, text: 'Go 1.99.0 is wanted here' }],
    },
  })

  failingGo('toolchain-name', 'because GOTOOLCHAIN does not name one', {
    files: newer,
    args: ['list'],
    arrange: () => ({ env: { GOTOOLCHAIN: '1.25' } }),
    explained: {
      title: 'GOTOOLCHAIN cannot be read',
      cause: 'GOTOOLCHAIN is "1.25", which names no toolchain.',
      fix: 'Set GOTOOLCHAIN to local, auto, path or a version such as go1.25.0, or unset it.',
      places: [],
    },
  })
})
