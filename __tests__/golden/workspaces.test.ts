import { describe } from 'vitest'
import { failingGo } from './golden.ts'

const files = {
  'go.work': 'go 1.21\n\nuse ./a\n',
  'a/go.mod': 'module example.com/a\n\ngo 1.21\n',
  'a/a.go': 'package a\n',
  'b/go.mod': 'module example.com/b\n\ngo 1.21\n',
  'b/b.go': 'package b\n',
}

describe('a module is not in the workspace', () => {
  failingGo('workspace-outside', 'when Go runs in it', {
    files,
    cwd: 'b',
    args: ['build'],
    explained: {
      title: 'a module is not in the workspace',
      cause: 'The current directory is not in a module that go.work uses, but go.work applies to it.',
      fix: 'Run `go work use .` and commit go.work, or set GOWORK=off.',
      places: [{ file: 'go.work', text: '. is not used here' }],
    },
  })

  failingGo('workspace-outside-folder', 'when Go is given its folder', {
    files,
    args: ['build', './b'],
    explained: {
      title: 'a module is not in the workspace',
      cause: 'The directory b is not in a module that go.work uses, but go.work applies to it.',
      fix: 'Run `go work use b` and commit go.work, or set GOWORK=off.',
      places: [{ file: 'go.work', text: 'b is not used here' }],
    },
  })

  failingGo('workspace-outside-pattern', 'when Go is asked for all packages there', {
    files,
    cwd: 'b',
    args: ['build', './...'],
    explained: {
      title: 'a module is not in the workspace',
      cause: 'The current directory is not in a module that go.work uses, but go.work applies to it.',
      fix: 'Run `go work use .` and commit go.work, or set GOWORK=off.',
      places: [{ file: 'go.work', text: '. is not used here' }],
    },
  })
})

describe('go.work does not match its modules', () => {
  failingGo('workspace-absent', 'when one of them is not there', {
    files: { 'go.work': 'go 1.21\n\nuse ./a\n' },
    args: ['list', './...'],
    explained: {
      title: 'go.work uses a missing module',
      cause: 'The module a that go.work uses cannot be read: no such file or directory.',
      fix: 'Check out the module, or run `go work edit -dropuse=a` and commit go.work.',
      places: [{ file: 'go.work', text: 'a: no such file or directory' }],
    },
  })

  failingGo('workspace-older', 'when one of them requires a newer Go', {
    files: { ...files, 'go.work': 'go 1.20\n\nuse ./a\n' },
    args: ['build', './a'],
    explained: {
      title: 'go.work names an older Go than its modules',
      cause: 'The module a requires Go 1.21, but go.work lists Go 1.20.',
      fix: 'Run `go work use` and commit go.work.',
      places: [{ file: 'go.work', text: 'a requires Go 1.21' }],
    },
  })
})

describe('a workspace does not allow', () => {
  failingGo('workspace-mod-vendor', 'go mod vendor', {
    files,
    cwd: 'a',
    args: ['mod', 'vendor'],
    explained: {
      oldest: undefined,
      current: {
        title: 'not possible in a workspace',
        cause: 'A go.work applies here, and a workspace has one vendor directory for all its modules.',
        fix: 'Run `go work vendor`, or set GOWORK=off to run `go mod vendor` for one module.',
        places: [],
      },
    },
  })

  failingGo('workspace-work-vendor', 'go work vendor, while Go does not know it', {
    files,
    cwd: 'a',
    args: ['work', 'vendor'],
    explained: {
      oldest: {
        title: 'this Go does not know the command',
        cause: '`go work vendor` requires Go 1.22.',
        fix: 'Use Go 1.22 or newer.',
        places: [],
      },
      current: undefined,
    },
  })

  failingGo('workspace-modfile', 'another go.mod', {
    files,
    cwd: 'a',
    args: ['list', '-modfile=other.mod', './...'],
    explained: {
      title: 'not possible in a workspace',
      cause: 'A go.work applies here, and -modfile names a go.mod for one module only.',
      fix: 'Remove -modfile from the command and from GOFLAGS, or set GOWORK=off.',
      places: [],
    },
  })

  failingGo('workspace-mod-mod', 'changes to go.mod', {
    files,
    cwd: 'a',
    args: ['list', '-mod=mod', './...'],
    explained: {
      title: 'not possible in a workspace',
      cause:
        'A go.work applies here, and Go does not change the go.mod files of a workspace while it builds.',
      fix: 'Remove -mod from the command and from GOFLAGS, or set GOWORK=off.',
      places: [],
    },
  })
})
