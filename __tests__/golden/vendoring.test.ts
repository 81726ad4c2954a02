import { describe } from 'vitest'
import { goMod } from './fixtures.ts'
import { failingGo } from './golden.ts'

const vendored = {
  'main.go': 'package main\n\nimport _ "example.com/lib"\n\nfunc main() {}\n',
  'vendor/example.com/lib/lib.go': 'package lib\n',
}
const modulesTxt = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
const libOnly = ['# example.com/lib v1.0.0', '## explicit; go 1.21', 'example.com/lib']

describe('vendor does not match go.mod', () => {
  failingGo('vendor-old', 'with a requirement that was raised', {
    files: {
      ...vendored,
      'go.mod': goMod('require example.com/lib v1.1.0'),
      'vendor/modules.txt': modulesTxt(...libOnly),
    },
    args: ['build', './...'],
    explained: {
      title: 'vendor does not agree with go.mod',
      cause: 'vendor/modules.txt and go.mod differ in example.com/lib@v1.1.0 (vendor has v1.0.0).',
      fix: 'Run `go mod vendor` and commit the vendor directory.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.1.0: vendor has v1.0.0' }],
    },
  })

  failingGo('vendor-many', 'with eight requirements, of which five are named', {
    files: {
      'services/api/main.go': 'package main\n\nfunc main() {}\n',
      'services/api/go.mod': goMod(
        'require (',
        ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => `\texample.com/lib${number} v1.${number}.0`),
        ')',
      ),
      'services/api/vendor/modules.txt': '',
    },
    cwd: 'services/api',
    args: ['build', './...'],
    explained: {
      title: 'vendor does not agree with go.mod',
      cause:
        'vendor/modules.txt and go.mod differ in example.com/lib1@v1.1.0 (only go.mod requires it), example.com/lib2@v1.2.0 (only go.mod requires it), example.com/lib3@v1.3.0 (only go.mod requires it), example.com/lib4@v1.4.0 (only go.mod requires it), example.com/lib5@v1.5.0 (only go.mod requires it) and 3 more.',
      fix: 'Run `go mod vendor` in services/api and commit the vendor directory.',
      places: [
        { file: 'services/api/go.mod', line: 6, text: 'example.com/lib1@v1.1.0: only go.mod requires it' },
        { file: 'services/api/go.mod', line: 7, text: 'example.com/lib2@v1.2.0: only go.mod requires it' },
        { file: 'services/api/go.mod', line: 8, text: 'example.com/lib3@v1.3.0: only go.mod requires it' },
        { file: 'services/api/go.mod', line: 9, text: 'example.com/lib4@v1.4.0: only go.mod requires it' },
        { file: 'services/api/go.mod', line: 10, text: 'example.com/lib5@v1.5.0: only go.mod requires it' },
        { file: 'services/api/go.mod', line: 11, text: 'example.com/lib6@v1.6.0: only go.mod requires it' },
        { file: 'services/api/go.mod', line: 12, text: 'example.com/lib7@v1.7.0: only go.mod requires it' },
        { file: 'services/api/go.mod', line: 13, text: 'example.com/lib8@v1.8.0: only go.mod requires it' },
      ],
    },
  })

  failingGo('vendor-replacements', 'with replacements that are new, changed and gone', {
    files: {
      ...vendored,
      'go.mod': goMod(
        'require example.com/lib v1.0.0',
        'replace (',
        '\texample.com/lib v1.0.0 => ./lib',
        '\texample.com/new => example.com/fork v1.2.0',
        ')',
      ),
      'vendor/modules.txt': modulesTxt(
        '# example.com/lib v1.0.0 => ./elsewhere',
        ...libOnly.slice(1),
        '# example.com/gone v1.0.0 => example.com/fork v1.0.0',
      ),
    },
    args: ['build', './...'],
    explained: {
      title: 'vendor does not agree with go.mod',
      cause:
        'vendor/modules.txt and go.mod differ in example.com/lib@v1.0.0 (vendor has the replacement ./elsewhere), example.com/new (vendor/modules.txt does not replace it), example.com/gone@v1.0.0 (only vendor/modules.txt replaces it).',
      fix: 'Run `go mod vendor` and commit the vendor directory.',
      places: [
        { file: 'go.mod', line: 7, text: 'example.com/lib@v1.0.0: vendor has the replacement ./elsewhere' },
        { file: 'go.mod', line: 8, text: 'example.com/new: vendor/modules.txt does not replace it' },
        { file: 'go.mod', text: 'example.com/gone@v1.0.0: only vendor/modules.txt replaces it' },
      ],
    },
  })

  failingGo('vendor-before-1.14', 'with a go.mod that is older than the marks in modules.txt', {
    files: {
      ...vendored,
      'go.mod': 'module example.com/app\n\ngo 1.13\n\nrequire example.com/lib v1.1.0\n',
      'vendor/modules.txt': modulesTxt('# example.com/lib v1.0.0', 'example.com/lib'),
    },
    args: ['build', '-mod=vendor', './...'],
    explained: {
      title: 'vendor does not agree with go.mod',
      cause: 'vendor/modules.txt and go.mod differ in example.com/lib@v1.1.0 (vendor has v1.0.0).',
      fix: 'Run `go mod vendor` and commit the vendor directory.',
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.1.0: vendor has v1.0.0' }],
    },
  })

  failingGo('vendor-workspace', 'with the modules of a workspace', {
    files: {
      'go.work':
        'go 1.22\n\nuse (\n\t./a\n\t./b\n)\n\nreplace example.com/other => example.com/fork v1.0.0\n',
      'a/go.mod': 'module example.com/a\n\ngo 1.22\n\nrequire example.com/new v1.1.0\n',
      'a/a.go': 'package a\n',
      'b/go.mod': 'module example.com/b\n\ngo 1.22\n\nreplace example.com/more v1.0.0 => ../more\n',
      'b/b.go': 'package b\n',
      'vendor/example.com/lib/lib.go': 'package lib\n',
      'vendor/modules.txt': modulesTxt(
        '## workspace',
        ...libOnly,
        '# example.com/gone v1.0.0 => example.com/fork v1.0.0',
      ),
    },
    args: ['build', './a', './b'],
    explained: {
      oldest: {
        title: 'this Go is too old',
        cause:
          'go.work requires Go 1.22 or newer; this is Go <go>, and GOTOOLCHAIN=local does not let it fetch another.',
        fix: 'Use Go 1.22 or newer, or set `gotoolchain: auto` so that Go fetches it.',
        places: [{ file: 'go.work', line: 1, text: 'requires Go 1.22, but Go <go> runs' }],
      },
      current: {
        title: 'vendor does not agree with the workspace',
        cause:
          'vendor/modules.txt and the workspace differ in example.com/new@v1.1.0 (only go.mod requires it), example.com/more@v1.0.0 (vendor/modules.txt does not replace it), example.com/other (vendor/modules.txt does not replace it), example.com/lib@v1.0.0 (only vendor/modules.txt requires it), example.com/gone@v1.0.0 (only vendor/modules.txt replaces it).',
        fix: 'Run `go work vendor` and commit the vendor directory.',
        places: [
          { file: 'a/go.mod', line: 5, text: 'example.com/new@v1.1.0: only go.mod requires it' },
          {
            file: 'b/go.mod',
            line: 5,
            text: 'example.com/more@v1.0.0: vendor/modules.txt does not replace it',
          },
          { file: 'go.work', line: 8, text: 'example.com/other: vendor/modules.txt does not replace it' },
        ],
      },
    },
  })
})

describe('vendor is of the other kind', () => {
  failingGo('vendor-of-workspace', 'when go.work is missing', {
    files: {
      ...vendored,
      'go.mod': goMod(),
      'vendor/modules.txt': modulesTxt('## workspace', ...libOnly),
    },
    args: ['build', './...'],
    explained: {
      oldest: {
        title: 'vendor does not agree with go.mod',
        cause:
          'vendor/modules.txt and go.mod differ in example.com/lib@v1.0.0 (only vendor/modules.txt requires it).',
        fix: 'Run `go mod vendor` and commit the vendor directory.',
        places: [{ file: 'go.mod', text: 'example.com/lib@v1.0.0: only vendor/modules.txt requires it' }],
      },
      current: {
        title: 'vendor was made for a workspace',
        cause:
          '`go work vendor` wrote vendor/modules.txt, but no workspace is in use here, so Go ignores the vendor directory.',
        fix: 'Run `go mod vendor` and commit the vendor directory, or run Go in the workspace, without GOWORK=off.',
        places: [],
      },
    },
  })

  failingGo('vendor-of-module', 'when go.work is new', {
    files: {
      'go.work': 'go 1.22\n\nuse .\n',
      ...vendored,
      'go.mod': goMod(),
      'vendor/modules.txt': modulesTxt(...libOnly),
    },
    args: ['build', './...'],
    explained: {
      oldest: {
        title: 'this Go is too old',
        cause:
          'go.work requires Go 1.22 or newer; this is Go <go>, and GOTOOLCHAIN=local does not let it fetch another.',
        fix: 'Use Go 1.22 or newer, or set `gotoolchain: auto` so that Go fetches it.',
        places: [{ file: 'go.work', line: 1, text: 'requires Go 1.22, but Go <go> runs' }],
      },
      current: {
        title: 'vendor was not made for the workspace',
        cause:
          '`go mod vendor` wrote the vendor directory next to go.work, so Go ignores it in the workspace.',
        fix: 'Run `go work vendor` and commit the vendor directory, or remove it.',
        places: [],
      },
    },
  })
})

failingGo('vendor-lacks-package', 'a package is missing in vendor of a module that it has', {
  files: {
    ...vendored,
    'main.go': 'package main\n\nimport _ "example.com/lib/deep"\n\nfunc main() {}\n',
    'go.mod': goMod('require example.com/lib v1.0.0'),
    'vendor/modules.txt': modulesTxt(...libOnly),
  },
  args: ['build', './...'],
  explained: {
    title: 'a package is missing in vendor',
    cause: 'Go reads packages only from vendor, but vendor/modules.txt does not list example.com/lib/deep.',
    fix: 'Run `go mod tidy` and `go mod vendor` (in a workspace `go work vendor`), and commit go.mod, go.sum and the vendor directory.',
    places: [],
  },
})
