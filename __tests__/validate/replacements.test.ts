import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readRoots } from '../../src/checkout/read-roots.ts'
import { problemText } from '../../src/errors.ts'
import { checkReplaceLines } from '../../src/validate/replacements.ts'
import { installedGo, runGo } from '../golden/go.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

const goMod = (...lines: readonly string[]) =>
  ['module example.com/app', '', 'go 1.21', '', ...lines, ''].join('\n')
const lib = { 'go.mod': 'module example.com/lib\n\ngo 1.21\n', 'lib.go': 'package lib\n' }
const libAt = (folder: string) =>
  Object.fromEntries(Object.entries(lib).map(([name, text]) => [`${folder}/${name}`, text]))
const program = { 'app/main.go': 'package main\n\nimport _ "example.com/lib"\n\nfunc main() {}\n' }
const required = 'require example.com/lib v1.0.0'

/** The problems of a module in `app`, the checkout, and the error of Go when it loads its packages. */
async function check(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder()
  writeFiles(folder, { ...program, ...files })
  const workspace = path.join(folder, 'app')
  const goWork = 'app/go.work' in files ? path.join(workspace, 'go.work') : undefined
  const read = readRoots([{ directory: workspace, goWork, named: false }], workspace, '')
  expect(read.problems).toEqual([])
  const found = read.roots.map((root) => checkReplaceLines(root, workspace))
  const go = await installedGo('current')
  const state = path.join(folder, 'state')
  writeFiles(state, { '.config/go/telemetry/mode': 'off' })
  const { exitCode, stderr } = await runGo(go, { args: ['list', '-deps', './...'], cwd: workspace, state })
  return {
    problems: found.flatMap(({ problems }) => problems),
    outside: found.flatMap(({ outside }) => outside),
    goFails: exitCode !== 0,
    stderr,
  }
}

describe('a replace line that breaks Go', () => {
  test.each([
    ['whose directory is absent', {}, 'which does not exist. Check it out before this step'],
    ['whose directory is a file', { 'app/lib': '' }, 'which is not a directory'],
    ['whose directory is no module', { 'app/lib/.keep': '' }, 'which has no go.mod (is it a submodule'],
  ])('%s is reported with file and line', async (_, files, text) => {
    const { problems, goFails } = await check({
      'app/go.mod': goMod(required, '', 'replace example.com/lib => ./lib'),
      ...files,
    })
    expect(problems).toMatchObject([{ file: 'go.mod', line: 7 }])
    expect(problems.map(problemText)[0]).toContain(
      `go.mod:7 replaces example.com/lib by the directory ./lib, ${text}`,
    )
    expect(goFails).toBe(true)
  })

  test.each([
    'import (\n\t_ "runtime"\n\n\tother "example.com/lib/deep" // what for\n)\n\nvar _ = other.X\n',
    'import _ "example.com/lib"; import _ "runtime"\n',
  ])('is found through the imports of packages: %j', async (imports) => {
    const { problems, goFails } = await check({
      'app/go.mod': goMod(required, 'replace example.com/lib => ./lib'),
      'app/main.go': 'package main\n\nfunc main() {}\n',
      'app/a/b/b_other.go': `package b\n\n${imports}`,
    })
    expect([problems.length, goFails]).toEqual([1, true])
  })

  test.each([
    ['git@github.com:org/lib.git', 'github.com/org/lib'],
    ['"https://user:secret@git.example.com:8443/team/lib.git"', 'git.example.com/team/lib'],
    ['"ssh://git@git.example.com/team/lib"', 'git.example.com/team/lib'],
  ])('with the address %s is reported with the module path', async (address, module) => {
    const { problems, goFails } = await check({
      'app/go.mod': goMod(`replace example.com/lib => ${address} v1.0.0`, required),
    })
    const text = problems.map(problemText).join()
    expect(text).toContain('go.mod:5 replaces example.com/lib by')
    expect(text).toContain(`Write ${module} v1.0.0`)
    expect(text).not.toContain('secret')
    expect(goFails).toBe(true)
  })

  test('of go.work is reported there, before those of its modules', async () => {
    const files = {
      'app/go.mod': goMod(required, 'replace example.com/lib => ./lib'),
      ...libAt('app/lib'),
    }
    const { problems, goFails } = await check({
      ...files,
      'app/go.work': 'go 1.21\n\nuse .\n\nreplace example.com/lib => ./absent\n',
    })
    expect(problems).toMatchObject([{ file: 'go.work', line: 5 }])
    expect(problems.map(problemText).join()).toContain('go work edit -dropreplace=example.com/lib')
    expect(goFails).toBe(true)
  })

  test('is also reported for an indirect requirement if Go loads all of them', async () => {
    const { problems, goFails } = await check({
      'app/go.mod':
        'module example.com/app\n\ngo 1.16\n\nrequire example.com/lib v1.0.0 // indirect\n\nreplace example.com/lib => ./lib\n',
      'app/main.go': 'package main\n\nfunc main() {}\n',
    })
    expect([problems.length, goFails]).toEqual([1, true])
  })
})

describe('a harmless replace line', () => {
  const absent = 'replace example.com/lib => ../absent'

  test.each<[string, Readonly<Record<string, string>>]>([
    [
      'leads to a module',
      { 'app/go.mod': goMod(required, 'replace example.com/lib => ./lib'), ...libAt('app/lib') },
    ],
    [
      'is of a module without requirements',
      { 'app/go.mod': goMod(absent), 'app/main.go': 'package main\n\nfunc main() {}\n' },
    ],
    [
      'is of an indirect requirement that no package imports',
      {
        'app/go.mod': goMod(`${required} // indirect`, absent),
        'app/main.go': 'package main\n\nfunc main() {}\n',
      },
    ],
    [
      'is of a requirement that is imported only behind a tag, as tools are',
      {
        'app/go.mod': goMod(required, absent),
        'app/main.go': 'package main\n\nfunc main() {}\n',
        'app/tools.go': '//go:build tools\n\npackage main\n\nimport _ "example.com/lib"\n',
        [isUnix ? 'app/main_windows.go' : 'app/main_linux.go']:
          'package main\n\nimport _ "example.com/lib"\n',
        'app/testdata/x/x.go': 'package x\n\nimport _ "example.com/lib"\n',
        'app/nested/go.mod': 'module example.com/nested\n',
        'app/nested/nested.go': 'package nested\n\nimport _ "example.com/lib"\n',
        'app/other/other.go': 'package other\n\nimport _ "runtime"\n\n// Not "example.com/lib".\n',
      },
    ],
    [
      'is of another version',
      {
        'app/go.mod': goMod(
          required,
          'replace example.com/lib v1.1.0 => ../absent',
          'replace example.com/lib v1.0.0 => ./lib',
        ),
        ...libAt('app/lib'),
      },
    ],
    [
      'is for all versions, with another one for this version',
      {
        'app/go.mod': goMod(required, absent, 'replace example.com/lib v1.0.0 => ./lib'),
        ...libAt('app/lib'),
      },
    ],
    [
      'is of a module of the workspace',
      {
        'app/go.mod': goMod(required, absent),
        'app/go.work': 'go 1.21\n\nuse (\n\t.\n\t./lib\n)\n',
        ...libAt('app/lib'),
      },
    ],
  ])('%s', async (_, files) => {
    const { problems, outside, goFails, stderr } = await check(files)
    expect([problems, outside]).toEqual([[], []])
    expect(goFails, stderr).toBe(false)
  })

  test('that leads out of the checkout causes a notice', async () => {
    const { problems, outside, goFails } = await check({
      'app/go.mod': goMod(required, 'replace example.com/lib => ../lib'),
      ...libAt('lib'),
    })
    expect([problems, goFails]).toEqual([[], false])
    expect(outside).toEqual([
      'go.mod:6 takes example.com/lib from ../lib, outside of the checkout: changes there do not change a cache key.',
    ])
  })
})
