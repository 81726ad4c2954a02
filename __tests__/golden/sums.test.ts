import * as path from 'node:path'
import { describe } from 'vitest'
import { startDatabaseOf } from './checksum-database.ts'
import { appWith, goMod, lib, other } from './fixtures.ts'
import { type Arranged, failingGo, type Scene } from './golden.ts'
import { madeModule, sumLines } from './modules.ts'

const [treeSum = '', goModSum = ''] = sumLines(lib).split('\n')
const changed = (line: string): string => line.replace(/h1:..../, 'h1:AAAA')
const libOfOther = madeModule('example.com/lib', 'v1.0.0', {
  'go.mod': 'module example.com/lib\n\ngo 1.21\n\nrequire example.com/other v1.0.0\n',
  'lib.go': 'package lib\n\nimport _ "example.com/other"\n',
})
const withDatabase =
  (module: string, lines: string) =>
  async ({ folder }: Scene): Promise<Arranged> => {
    const { gosumdb } = await startDatabaseOf(path.join(folder, 'database'), module, lines)
    return { env: { GOSUMDB: gosumdb } }
  }
const downloadByName = ['mod', 'download', '--', 'example.com/lib@v1.0.0']

describe('go.sum is not complete', () => {
  failingGo('sum-missing-package', 'for the packages that are built', {
    files: appWith(lib, ''),
    modules: [lib],
    args: ['build', './...'],
    explained: {
      title: 'go.sum is not complete',
      cause: 'go.sum has no checksums for package example.com/lib, and Go may not add them here.',
      fix: 'Run `go mod tidy` and commit go.sum.',
      places: [{ file: 'go.mod', line: 5, text: 'go.sum has no checksums for example.com/lib' }],
    },
  })

  failingGo('sum-missing-import', 'for what a dependency imports', {
    files: {
      ...appWith(libOfOther, `${sumLines(libOfOther)}${sumLines(other).split('\n')[1]}\n`),
      'go.mod': goMod('require (', '\texample.com/lib v1.0.0', '\texample.com/other v1.0.0 // indirect', ')'),
    },
    modules: [libOfOther, other],
    args: ['vet', './...'],
    explained: {
      title: 'go.sum is not complete',
      cause: 'go.sum has no checksums for package example.com/other, and Go may not add them here.',
      fix: 'Run `go mod tidy` and commit go.sum.',
      places: [{ file: 'go.mod', line: 7, text: 'go.sum has no checksums for example.com/other' }],
    },
  })

  failingGo('sum-missing-go-mod', 'for the list of all modules', {
    files: {
      ...appWith(lib, ''),
      'go.mod': goMod('require example.com/lib v1.0.0', 'require example.com/other v1.0.0'),
    },
    modules: [lib, other],
    args: ['list', '-m', 'all'],
    explained: {
      title: 'go.sum is not complete',
      cause:
        'go.sum has no checksums for the go.mod of example.com/lib@v1.0.0, and Go may not add them here.',
      fix: 'Run `go mod download example.com/lib` and commit go.sum.',
      places: [{ file: 'go.mod', line: 5, text: 'go.sum has no checksums for example.com/lib' }],
    },
  })

  failingGo('sum-malformed', 'because a merge left a mark', {
    files: appWith(lib, '<<<<<<< HEAD of it\n'),
    args: ['list', './...'],
    explained: {
      oldest: undefined,
      current: {
        title: 'go.sum cannot be read',
        cause: 'Line 1 of go.sum is not a module, a version and a checksum, possibly because of a merge.',
        fix: 'Remove the line, then run `go mod tidy` and commit go.sum.',
        places: [{ file: 'go.sum', line: 1, text: 'not a module, a version and a checksum' }],
      },
    },
  })
})

describe('content differs from the recorded hash', () => {
  failingGo('mismatch-tree', 'in go.sum, for the files of a module', {
    files: appWith(lib, `${changed(treeSum)}\n${goModSum}\n`),
    modules: [lib],
    args: ['mod', 'download'],
    explained: {
      title: 'checksum mismatch',
      cause:
        'example.com/lib@v1.0.0 does not match go.sum: downloaded h1:V311VZNSarQIskg4vwqPOt6giK5Pc5n1gXhmCjNE+ak=, recorded h1:AAAAVZNSarQIskg4vwqPOt6giK5Pc5n1gXhmCjNE+ak=. The version was changed after it was published, or the download was tampered with.',
      fix: 'Ask the authors of example.com/lib@v1.0.0 why it changed. Only if the new content is right, delete its lines from go.sum and run `go mod tidy`.',
      security: true,
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: checksum mismatch' }],
    },
  })

  failingGo('mismatch-go-mod', 'in go.sum, for a go.mod', {
    files: appWith(lib, `${treeSum}\n${changed(goModSum)}\n`),
    modules: [lib],
    args: ['mod', 'download'],
    explained: {
      title: 'checksum mismatch',
      cause:
        'The go.mod of example.com/lib@v1.0.0 does not match go.sum: downloaded h1:Dx1zv02UsdsagVg8JGP9CfaRr9j4IApAGUMhJrQ+NLw=, recorded h1:AAAAv02UsdsagVg8JGP9CfaRr9j4IApAGUMhJrQ+NLw=. The version was changed after it was published, or the download was tampered with.',
      fix: 'Ask the authors of example.com/lib@v1.0.0 why it changed. Only if the new content is right, delete its lines from go.sum and run `go mod tidy`.',
      security: true,
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: checksum mismatch' }],
    },
  })

  failingGo('mismatch-database', 'in the checksum database, for the files of a module', {
    modules: [lib],
    args: downloadByName,
    arrange: withDatabase('example.com/lib@v1.0.0', `${changed(treeSum)}\n${goModSum}\n`),
    explained: {
      title: 'checksum mismatch',
      cause:
        'example.com/lib@v1.0.0 does not match the checksum database sums.example.com: downloaded h1:V311VZNSarQIskg4vwqPOt6giK5Pc5n1gXhmCjNE+ak=, recorded h1:AAAAVZNSarQIskg4vwqPOt6giK5Pc5n1gXhmCjNE+ak=. The version was changed after it was published, or the download was tampered with.',
      fix: 'Do not use example.com/lib@v1.0.0. Ask its authors why it changed, or require another version with `go get example.com/lib@latest`. If it is private and a public module has the same path, set `goprivate: example.com/lib`.',
      security: true,
      places: [],
    },
  })

  failingGo('mismatch-database-go-mod', 'in the checksum database, for a go.mod', {
    modules: [lib],
    args: downloadByName,
    arrange: withDatabase('example.com/lib@v1.0.0', `${treeSum}\n${changed(goModSum)}\n`),
    explained: {
      title: 'checksum mismatch',
      cause:
        'The go.mod of example.com/lib@v1.0.0 does not match the checksum database sums.example.com: downloaded h1:Dx1zv02UsdsagVg8JGP9CfaRr9j4IApAGUMhJrQ+NLw=, recorded h1:AAAAv02UsdsagVg8JGP9CfaRr9j4IApAGUMhJrQ+NLw=. The version was changed after it was published, or the download was tampered with.',
      fix: 'Do not use example.com/lib@v1.0.0. Ask its authors why it changed, or require another version with `go get example.com/lib@latest`. If it is private and a public module has the same path, set `goprivate: example.com/lib`.',
      security: true,
      places: [],
    },
  })

  failingGo('mismatch-database-absent', 'in a record of another version', {
    modules: [lib],
    args: downloadByName,
    arrange: withDatabase('example.com/lib@v1.0.0', sumLines(lib).replaceAll('v1.0.0', 'v1.0.1')),
    explained: {
      oldest: undefined,
      current: {
        title: 'the checksum database cannot be trusted',
        cause:
          'The checksum database returned no checksum for example.com/lib@v1.0.0. Either a server is faulty, or its responses were tampered with.',
        fix: 'Do not use the download. Set GOPROXY and GOSUMDB to sources that you trust; `go env GOPROXY GOSUMDB` prints the current ones.',
        security: true,
        places: [],
      },
    },
  })
})
