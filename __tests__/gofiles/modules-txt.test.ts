import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseVendorModules } from '../../src/gofiles/modules-txt.ts'
import { runGo, temporaryDirectory } from './go-command.ts'

describe('parseVendorModules', () => {
  test('reads every kind of line that go mod vendor writes', () => {
    const text = [
      '# github.com/BurntSushi/toml v1.2.1',
      '## explicit; go 1.16',
      'github.com/BurntSushi/toml',
      'github.com/BurntSushi/toml/internal',
      '# golang.org/x/text v0.3.7',
      '## explicit',
      '# golang.org/x/sys v0.20.0',
      '## go 1.18',
      'golang.org/x/sys/unix',
      '# example.com/fork v1.1.0 => github.com/acme/fork v1.1.1-acme',
      '## explicit; go 1.21; future word',
      'example.com/fork',
      '# example.com/dir v0.0.0 => ../dir',
      '# k8s.io/api => ./staging/src/k8s.io/api',
      '',
    ]
    for (const lineEnd of ['\n', '\r\n']) {
      expect(parseVendorModules(text.join(lineEnd), 'vendor/modules.txt')).toEqual({
        workspace: false,
        modules: [
          {
            path: 'github.com/BurntSushi/toml',
            version: 'v1.2.1',
            explicit: true,
            goVersion: '1.16',
            packages: ['github.com/BurntSushi/toml', 'github.com/BurntSushi/toml/internal'],
          },
          { path: 'golang.org/x/text', version: 'v0.3.7', explicit: true, packages: [] },
          {
            path: 'golang.org/x/sys',
            version: 'v0.20.0',
            explicit: false,
            goVersion: '1.18',
            packages: ['golang.org/x/sys/unix'],
          },
          {
            path: 'example.com/fork',
            version: 'v1.1.0',
            explicit: true,
            goVersion: '1.21',
            replacement: { path: 'github.com/acme/fork', version: 'v1.1.1-acme' },
            packages: ['example.com/fork'],
          },
          {
            path: 'example.com/dir',
            version: 'v0.0.0',
            explicit: false,
            replacement: { path: '../dir' },
            packages: [],
          },
          {
            path: 'k8s.io/api',
            explicit: false,
            replacement: { path: './staging/src/k8s.io/api' },
            packages: [],
          },
        ],
      })
    }
  })

  test.each([
    [
      'a heading too short to name a module',
      '# a.b/c v1.0.0\n# text\na.b/c\n',
      [['a.b/c', ['a.b/c'], false]],
    ],
    ['unknown words', '# a.b/c v1.0.0\n## explicitly; implicit\n', [['a.b/c', [], false]]],
    ['lines before the first module', '## explicit\na.b/c\n# a.b/c v1.0.0\n', [['a.b/c', [], false]]],
    ['a module line without a version', '# a.b/c\n# a.b/d main\n## explicit\na.b/d\n', []],
    [
      'packages after an unknown module line',
      '# a.b/c v1.0.0\n# a.b/d main\na.b/d\n',
      [['a.b/c', [], false]],
    ],
    [
      'lines that are not packages',
      '# a.b/c v1.0.0\na.b/c d\n-x\na//b\n.\na.b/c++\n',
      [['a.b/c', ['a.b/c++'], false]],
    ],
    [
      'several entries of one module',
      '# a.b/c v1.0.0\na.b/c\n# a.b/c v1.0.0\n## explicit\n',
      [['a.b/c', ['a.b/c'], true]],
    ],
  ])('treats %s as Go does', (_, text, expected) => {
    const { modules } = parseVendorModules(text, 'modules.txt')
    expect(modules.map((module) => [module.path, module.packages, module.explicit])).toEqual(expected)
  })

  test('rejects a merge conflict, of which Go would read both sides', () => {
    const text = '# a.b/c v1.0.0\n<<<<<<< HEAD\n## explicit\n=======\n'
    expect(() => parseVendorModules(text, 'vendor/modules.txt')).toThrow(
      expect.objectContaining({ name: 'GoFileError', file: 'vendor/modules.txt', line: 2 }),
    )
  })

  test('accepts any other text', async () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('# a v1', '# a => b', '# a v1 => b v2 c', '## workspace', '## go'),
    )
    await fc.assert(
      fc.property(fc.array(line), (lines) => {
        fc.pre(!lines.some((text) => /^(<{7}|={7}|>{7}|\|{7})/m.test(text)))
        const { workspace } = parseVendorModules(lines.join('\n'), 'modules.txt')
        expect(workspace).toBe(lines.join('\n').split('\n')[0] === '## workspace')
      }),
    )
  })

  test('reads the output of go mod vendor and go work vendor', () => {
    using place = temporaryDirectory()
    const write = (file: string, text: string) => {
      mkdirSync(path.dirname(path.join(place.directory, file)), { recursive: true })
      writeFileSync(path.join(place.directory, file), text)
    }
    write('dep/go.mod', 'module example.com/dep\n\ngo 1.21\n')
    write('dep/sub/sub.go', 'package sub\n')
    write('main/go.mod', MAIN_GO_MOD)
    write('main/main.go', 'package main\n\nimport _ "example.com/dep/sub"\n\nfunc main() {}\n')
    const main = path.join(place.directory, 'main')
    const dep = {
      path: 'example.com/dep',
      version: 'v0.0.0',
      explicit: true,
      goVersion: '1.21',
      replacement: { path: '../dep' },
      packages: ['example.com/dep/sub'],
    }
    const all = { path: 'example.com/dep', explicit: false, replacement: { path: '../dep' }, packages: [] }
    const unused = {
      path: 'example.com/unused',
      explicit: false,
      replacement: { path: '../dep' },
      packages: [],
    }

    expect(runGo(['mod', 'vendor'], { cwd: main })).toMatchObject({ status: 0 })
    expect(vendorModulesOf(main)).toEqual({ workspace: false, modules: [dep, all, unused] })

    write('go.work', 'go 1.22\n\nuse ./main\n')
    expect(runGo(['work', 'vendor'], { cwd: place.directory })).toMatchObject({ status: 0 })
    // In a workspace, replacement directories are relative to go.work.
    const moved = { path: './dep' }
    expect(vendorModulesOf(place.directory)).toEqual({
      workspace: true,
      modules: [dep, all, unused].map((module) => ({ ...module, replacement: moved })),
    })
  })
})

const MAIN_GO_MOD = `module example.com/main

go 1.22

require example.com/dep v0.0.0

replace (
	example.com/dep => ../dep
	example.com/unused => ../dep
)
`

function vendorModulesOf(directory: string) {
  const file = path.join(directory, 'vendor', 'modules.txt')
  return parseVendorModules(readFileSync(file, 'utf8'), file)
}
