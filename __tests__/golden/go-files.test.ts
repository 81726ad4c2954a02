import { describe } from 'vitest'
import { appWith, goMod, lib, other } from './fixtures.ts'
import { failingGo } from './golden.ts'
import { madeModule, sumLines } from './modules.ts'

const olderOther = madeModule('example.com/other', 'v0.9.0')
const libOfOther = madeModule('example.com/lib', 'v1.0.0', {
  'go.mod': 'module example.com/lib\n\ngo 1.21\n\nrequire example.com/other v1.0.0\n',
})
const stale = {
  files: {
    ...appWith(libOfOther, sumLines(libOfOther) + sumLines(other) + sumLines(olderOther)),
    'go.mod': goMod('require example.com/lib v1.0.0', 'require example.com/other v0.9.0'),
  },
  modules: [libOfOther, other, olderOther],
}

describe('go.mod cannot be read', () => {
  failingGo('go-mod-unknown', 'because of words that Go does not know', {
    files: { 'go.mod': goMod('reqire example.com/lib v1.0.0', 'require example.com/lib') },
    args: ['list', './...'],
    explained: {
      title: 'go.mod cannot be read',
      cause:
        'Go does not understand these lines: go.mod:5: unknown directive: reqire, go.mod:6: usage: require module/path v1.2.3.',
      fix: 'Correct line 5 of go.mod; see https://go.dev/ref/mod#go-mod-file.',
      places: [
        { file: 'go.mod', line: 5, text: 'unknown directive: reqire' },
        { file: 'go.mod', line: 6, text: 'usage: require module/path v1.2.3' },
      ],
    },
  })

  failingGo('go-mod-newer', 'because its directives are newer than Go', {
    files: { 'main.go': 'package main\n', 'go.mod': goMod('tool example.com/lib', 'ignore ./node_modules') },
    args: ['list', './...'],
    explained: {
      oldest: {
        title: 'go.mod cannot be read',
        cause:
          'Go does not understand these lines: go.mod:5: unknown directive: tool, go.mod:6: unknown directive: ignore.',
        fix: 'Use Go 1.25 or newer, or remove the directives that this Go does not know.',
        places: [
          { file: 'go.mod', line: 5, text: 'unknown directive: tool' },
          { file: 'go.mod', line: 6, text: 'unknown directive: ignore' },
        ],
      },
      current: undefined,
    },
  })

  failingGo('go-mod-version', 'because of its go line', {
    files: { 'go.mod': 'module example.com/app\n\ngo v1.21\n' },
    args: ['list', './...'],
    explained: {
      oldest: {
        title: 'go.mod cannot be read',
        cause:
          "Go does not understand this line: go.mod:3: invalid go version 'v1.21': must match format 1.23.",
        fix: 'Write the version as 1.23 or 1.23.0, such as with `go mod edit -go=1.23`.',
        places: [{ file: 'go.mod', line: 3, text: "invalid go version 'v1.21': must match format 1.23" }],
      },
      current: {
        title: 'go.mod cannot be read',
        cause:
          "Go does not understand this line: go.mod:3: invalid go version 'v1.21': must match format 1.23.0.",
        fix: 'Write the version as 1.23 or 1.23.0, such as with `go mod edit -go=1.23`.',
        places: [{ file: 'go.mod', line: 3, text: "invalid go version 'v1.21': must match format 1.23.0" }],
      },
    },
  })

  failingGo('go-mod-major', 'because of a version of another major version', {
    files: { 'go.mod': goMod('require example.com/lib v2.0.0') },
    args: ['mod', 'download'],
    explained: {
      title: 'go.mod cannot be read',
      cause:
        'Go does not understand this line: go.mod:5: require example.com/lib: version "v2.0.0" invalid: should be v0 or v1, not v2.',
      fix: 'Correct line 5 of go.mod; see https://go.dev/ref/mod#go-mod-file.',
      places: [
        {
          file: 'go.mod',
          line: 5,
          text: 'require example.com/lib: version "v2.0.0" invalid: should be v0 or v1, not v2',
        },
      ],
    },
  })

  failingGo('go-mod-nameless', 'because its module line is missing', {
    files: { 'go.mod': 'go 1.21\n' },
    args: ['list', './...'],
    explained: {
      title: 'go.mod has no module line',
      cause: 'go.mod does not name its module.',
      fix: 'Run `go mod edit -module=PATH`, where PATH is the import path of the module.',
      places: [{ file: 'go.mod', text: 'no module line' }],
    },
  })

  failingGo('go-work-malformed', 'nor go.work', {
    files: { 'go.work': 'go 1.21\n\nuse ./a ./b\n' },
    args: ['list', './...'],
    explained: {
      title: 'go.work cannot be read',
      cause: 'Go does not understand this line: go.work:3: usage: use local/dir.',
      fix: 'Correct line 3 of go.work; see https://go.dev/ref/mod#go-mod-file.',
      places: [{ file: 'go.work', line: 3, text: 'usage: use local/dir' }],
    },
  })
})

describe('go.mod is behind', () => {
  failingGo('go-mod-stale', 'what a dependency requires', {
    ...stale,
    args: ['list', './...'],
    explained: {
      title: 'go.mod needs an update',
      cause:
        'go.mod does not list the versions that its dependencies require, and Go may not change it here.',
      fix: 'Run `go mod tidy` and commit go.mod and go.sum.',
      places: [{ file: 'go.mod', text: 'go.mod needs an update' }],
    },
  })

  failingGo('go-mod-stale-readonly', 'what a dependency requires, with the flag that forbids changes', {
    ...stale,
    args: ['list', '-mod=readonly', './...'],
    explained: {
      title: 'go.mod needs an update',
      cause:
        'go.mod does not list the versions that its dependencies require, and Go may not change it here.',
      fix: 'Run `go mod tidy` and commit go.mod and go.sum.',
      places: [{ file: 'go.mod', text: 'go.mod needs an update' }],
    },
  })

  failingGo('go-mod-lacks', 'what is imported', {
    files: { ...appWith(lib), 'go.mod': goMod() },
    args: ['build', './...'],
    explained: {
      title: 'a requirement is missing in go.mod',
      cause: 'No module that go.mod requires provides example.com/lib.',
      fix: 'Run `go get example.com/lib` and commit go.mod and go.sum.',
      places: [{ file: 'go.mod', text: 'no requirement for example.com/lib' }],
    },
  })
})

describe('a replacement directory does not exist', () => {
  const files = {
    ...appWith(lib),
    'go.mod': goMod('require example.com/lib v1.0.0', '', 'replace example.com/lib => ../lib'),
  }

  failingGo('replacement-absent', 'when a package of it is built', {
    files,
    args: ['build', './...'],
    explained: {
      title: 'a replacement directory does not exist',
      cause:
        'A replace line names a directory that does not exist or contains no module: ../lib (for example.com/lib).',
      fix: 'Check out the directory, or remove the line with `go mod edit -dropreplace=example.com/lib`.',
      places: [{ file: 'go.mod', line: 7, text: '../lib does not exist' }],
    },
  })

  failingGo('replacement-absent-list', 'when its go.mod is read', {
    files,
    args: ['list', '-m', 'all'],
    explained: {
      title: 'a replacement directory does not exist',
      cause:
        'A replace line names a directory that does not exist or contains no module: ../lib (for example.com/lib).',
      fix: 'Check out the directory, or remove the line with `go mod edit -dropreplace=example.com/lib`.',
      places: [{ file: 'go.mod', line: 7, text: '../lib does not exist' }],
    },
  })
})
