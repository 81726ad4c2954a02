import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { goWorkFor } from '../../src/checkout/checkout.ts'
import { findModules } from '../../src/checkout/find-modules.ts'
import { isProjectModule } from '../../src/checkout/own-modules.ts'
import { readRoots } from '../../src/checkout/read-roots.ts'
import { problemText } from '../../src/errors.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const mod = (name: string) => `module example.com/${name}\n\ngo 1.25\n`

async function places(
  files: Record<string, string>,
  inputs: { 'working-directory'?: string; modules?: string[]; tracked?: boolean; goWorkIsOff?: boolean } = {},
) {
  const workspace = temporaryFolder()
  writeFiles(workspace, files)
  if (inputs.tracked ?? true) {
    execFileSync('git', ['init', '-q'], { cwd: workspace })
    execFileSync('git', ['add', '-A'], { cwd: workspace })
  }
  const found = await findModules(
    { 'working-directory': inputs['working-directory'] ?? '.', modules: inputs.modules ?? [] },
    workspace,
    inputs.goWorkIsOff ?? false,
    process.env,
  )
  return {
    workspace,
    directories: found.directories.map(
      (one) => path.relative(workspace, one).replaceAll(path.sep, '/') || '.',
    ),
    problems: found.problems.map(problemText),
  }
}

describe('findPlaces', () => {
  test('a go.mod in the root is the only place, whatever is below', async () => {
    expect(await places({ 'go.mod': mod('a'), 'sub/go.mod': mod('b') })).toMatchObject({
      directories: ['.'],
      problems: [],
    })
  })

  test('a go.work in the root counts like a go.mod', async () => {
    const files = { 'go.work': 'go 1.25\nuse ./a\n', 'a/go.mod': mod('a') }
    expect((await places(files)).directories).toEqual(['.'])
  })

  test.each([true, false])(
    'without one, every go.mod below counts except test data, vendored or hidden ones (git: %s)',
    async (tracked) => {
      const files = Object.fromEntries(
        ['b', 'a/deep', 'b/testdata/x', 'b/vendor/x', '_old', '.hidden', 'a'].map((name) => [
          `${name}/go.mod`,
          mod('m'),
        ]),
      )
      expect((await places(files, { tracked })).directories).toEqual(['a', 'b', 'a/deep'])
    },
  )

  test('an untracked go.mod does not count if git is available', async () => {
    const found = await places({ 'a/go.mod': mod('a'), 'b/go.mod': mod('b'), '.gitignore': 'b/\n' })
    expect(found.directories).toEqual(['a'])
  })

  test('GOWORK=off ignores a go.work without go.mod', async () => {
    const files = { 'go.work': 'go 1.25\nuse ./a\n', 'a/go.mod': mod('a') }
    expect((await places(files, { goWorkIsOff: true })).directories).toEqual(['a'])
  })

  test.each(['./', '.'])('working-directory %s stands for the checkout', async (given) => {
    const found = await places({ 'README.md': 'x' }, { 'working-directory': given })
    expect(found.problems).toEqual([])
  })

  test('globs skip test data and modules of other projects', async () => {
    const files = { 'a/go.mod': mod('a'), 'a/testdata/bad/go.mod': 'bad', 'node_modules/x/go.mod': mod('x') }
    expect((await places(files, { modules: ['**'] })).directories).toEqual(['a'])
  })

  test('an empty checkout is no error', async () => {
    expect(await places({ 'README.md': 'x' })).toMatchObject({ directories: [], problems: [] })
  })

  test.each([
    [{ 'working-directory': 'nowhere' }, ['`working-directory`', '"nowhere"', 'directory of the checkout']],
    [{ 'working-directory': 'docs' }, ['`working-directory`', '"docs"', 'no go.mod']],
    [{ modules: ['nowhere', 'sub'] }, ['`modules`', '"nowhere"', 'no go.mod or go.work']],
  ])('reports a named directory that does not exist: %j', async (inputs, words) => {
    const found = await places({ 'docs/README.md': 'x', 'sub/go.mod': mod('s') }, inputs)
    expect(found.problems).toHaveLength(1)
    for (const word of words) expect(found.problems[0]).toContain(word)
  })

  test.each([
    [
      { modules: ['./go.mod'] },
      /"\.\/go\.mod", which is a file, not a directory.* Name the directory: `\.`\./,
    ],
    [{ modules: ['svc/api/go.mod'] }, /Name the directory: `svc\/api`\./],
    [{ modules: ['svc/apy/go.work'] }, /no go\.mod or go\.work exists.*Name the directory: `svc\/apy`\./],
    [{ modules: ['svc/aip'] }, /Did you mean `svc\/api`\?/],
    [{ modules: ['api'] }, /Did you mean `svc\/api`\?/],
    [{ modules: ['example.com/m/v2'] }, /Did you mean `svc\/api`\?/],
    [{ modules: ['./...'] }, /Write `\*\*`/],
    [
      { modules: ['README.md'] },
      /which is a file, not a directory.*There is a go\.mod in `\.`, `svc\/api`\./,
    ],
    [
      { 'working-directory': 'svc/api/go.mod' },
      /that directory does not exist.*Name the directory: `svc\/api`\./,
    ],
    [{ 'working-directory': 'scv/api' }, /Did you mean `svc\/api`\?/],
  ])('%j is reported with the correct form', async (inputs, sentence) => {
    const files = {
      'go.mod': mod('r'),
      'svc/api/go.mod': 'module example.com/m/v2\n',
      'README.md': '',
      'vendor/go.mod': mod('v'),
    }
    expect((await places(files, inputs)).problems).toEqual([expect.stringMatching(sentence)])
  })

  test('`modules` accepts directories and globs', async () => {
    const files = {
      'go.mod': mod('r'),
      'svc/a/go.mod': mod('a'),
      'svc/b/go.mod': mod('b'),
      'svc/c/x.txt': '',
      'lib/go.mod': mod('l'),
    }
    expect((await places(files, { modules: ['svc/*', './lib'] })).directories).toEqual([
      'lib',
      'svc/a',
      'svc/b',
    ])
  })

  test('finds a checkout below a directory with brackets', async () => {
    const files = { 'a[1]/svc/go.mod': mod('a') }
    const found = await places(files, { 'working-directory': 'a[1]', modules: ['s*'] })
    expect(found.directories).toEqual(['a[1]/svc'])
  })
})

test.each([
  ['go.mod', true],
  ['a/b/go.mod', true],
  ['vendor/go.mod', false],
  ['a/testdata/x/go.mod', false],
  ['_a/go.mod', false],
  ['.github/x/go.mod', false],
  ['vendored/go.mod', true],
])('isOwnModule(%s)', (file, own) => {
  expect(isProjectModule(file)).toBe(own)
})

/** Places as main finds them, from directories relative to the workspace. */
function placesIn(workspace: string, names: readonly string[] = ['.'], gowork = '', named = true) {
  return names.map((name) => {
    const directory = path.join(workspace, name)
    return { directory, goWork: goWorkFor(directory, gowork), named }
  })
}

describe('readRoots', () => {
  const sum = `example.com/x v1.0.0 h1:${'A'.repeat(43)}=\n`

  test('reads a workspace with its modules and both kinds of sums', async () => {
    const workspace = temporaryFolder()
    writeFiles(workspace, {
      'go.work': 'go 1.25\n\nuse (\n\t./a\n\t./b\n)\n',
      'go.work.sum': sum,
      'a/go.mod': mod('a'),
      'b/go.mod': mod('b'),
      'b/go.sum': sum,
    })
    const { roots, problems } = readRoots(placesIn(workspace), workspace, '')
    expect(problems).toEqual([])
    expect(roots).toHaveLength(1)
    expect(roots[0]?.modules.map((module) => module.goMod.module)).toEqual(['example.com/a', 'example.com/b'])
    expect(roots[0]?.goWorkSum.trees).toHaveLength(1)
    expect(roots[0]?.files.map((file) => path.relative(workspace, file))).toEqual(
      ['go.work', 'go.work.sum', 'a/go.mod', 'a/go.sum', 'b/go.mod', 'b/go.sum'].map(path.normalize),
    )
  })

  test('uses a go.work above a module once for all its modules', async () => {
    const workspace = temporaryFolder()
    const goWork = 'go 1.25\nuse (\n\t./a\n\t./b\n)\n'
    writeFiles(workspace, { 'back/go.work': goWork, 'back/a/go.mod': mod('a'), 'back/b/go.mod': mod('b') })
    const { roots } = readRoots(placesIn(workspace, ['back/a', 'back/b']), workspace, '')
    expect(roots.map(({ label, modules }) => [label, modules.length])).toEqual([['back', 2]])
  })

  test('GOWORK=off selects the go.mod next to the go.work', async () => {
    const workspace = temporaryFolder()
    writeFiles(workspace, { 'go.work': 'go 1.25\nuse .\n', 'go.mod': mod('a') })
    const found = placesIn(workspace, ['.'], 'off')
    expect(readRoots(found, workspace, '').roots[0]?.goWork).toBeUndefined()
  })

  test('reports every file that does not parse with its line, and every missing directory', async () => {
    const workspace = temporaryFolder()
    writeFiles(workspace, {
      'a/go.mod': 'module example.com/a\n\nrequire example.com/x\n',
      'b/go.mod': mod('b'),
      'b/go.sum': '<<<<<<< HEAD\n',
      'w/go.work': 'go 1.25\nuse ./gone\n',
    })
    const { problems } = readRoots(placesIn(workspace, ['a', 'b', 'w']), workspace, '')
    expect(problems.map(({ file, line }) => [file, line])).toEqual([
      ['a/go.mod', 3],
      ['b/go.sum', 1],
      ['w/go.work', undefined],
    ])
  })

  test.each([
    ['1.25', true],
    ['1.13', false],
  ])('uses a vendor directory with go %s: %s', async (version, vendored) => {
    const workspace = temporaryFolder()
    writeFiles(workspace, {
      'go.mod': `module example.com/a\ngo ${version}\n`,
      'vendor/modules.txt': '# example.com/x v1.0.0\n',
    })
    expect(readRoots(placesIn(workspace), workspace, '').roots[0]?.vendored).toBe(vendored)
  })

  test('rejects a named module that the parent go.work does not use, and skips a detected one', () => {
    const workspace = temporaryFolder()
    writeFiles(workspace, { 'go.work': 'go 1.25\nuse ./a\n', 'a/go.mod': mod('a'), 'tools/go.mod': mod('t') })
    const named = readRoots(placesIn(workspace, ['tools']), workspace, '')
    expect(named.problems.map(problemText)).toEqual([
      expect.stringMatching(/`tools` is not one of the main modules.*go work use tools/),
    ])
    const found = readRoots(placesIn(workspace, ['a', 'tools'], '', false), workspace, '')
    expect(found.problems).toEqual([])
    expect(found.skipped.map(({ label, why }) => `${label}: ${why}`)).toEqual([
      'tools: the go.work above does not use it',
    ])
    expect(found.roots.map(({ modules }) => modules.length)).toEqual([1])
  })

  test('-modfile in GOFLAGS names the file that replaces go.mod, with its sums next to it', () => {
    const workspace = temporaryFolder()
    writeFiles(workspace, { 'go.mod': mod('a'), 'other.mod': mod('b'), 'other.sum': sum })
    const { roots } = readRoots(placesIn(workspace), workspace, '-v -modfile=other.mod')
    const [module] = roots[0]?.modules ?? []
    expect(module?.goMod.module).toBe('example.com/b')
    expect(module?.goSum.trees).toHaveLength(1)
    expect(roots[0]?.files.map((file) => path.basename(file))).toEqual(['go.mod', 'other.mod', 'other.sum'])
  })

  test('rejects -modfile in a workspace, as the go command does', () => {
    const workspace = temporaryFolder()
    writeFiles(workspace, { 'go.work': 'go 1.25\nuse .\n', 'go.mod': mod('a'), 'other.mod': mod('b') })
    const { problems } = readRoots(placesIn(workspace), workspace, '-modfile=other.mod')
    expect(problems.map(problemText)).toEqual([expect.stringMatching(/-modfile.*workspace.*GOWORK=off/)])
  })
})

describe('goWorkFor', () => {
  test('finds the nearest go.work at or above a directory, as the go command does', () => {
    const workspace = temporaryFolder()
    writeFiles(workspace, { 'go.work': '', 'a/go.work': '', 'a/b/x': '', 'c/x': '' })
    expect(goWorkFor(path.join(workspace, 'a', 'b'), '')).toBe(path.join(workspace, 'a', 'go.work'))
    expect(goWorkFor(path.join(workspace, 'c'), 'auto')).toBe(path.join(workspace, 'go.work'))
  })

  test('reads another file from GOWORK, or none', () => {
    const workspace = temporaryFolder()
    writeFiles(workspace, { 'go.work': '', 'other.work': '' })
    const other = path.join(workspace, 'other.work')
    expect(goWorkFor(workspace, other)).toBe(other)
    expect(goWorkFor(workspace, 'off')).toBeUndefined()
  })
})

describe('directories outside the checkout', () => {
  test.each([
    [
      { 'working-directory': '../other' },
      /`working-directory` is "\.\.\/other", which is outside of the checkout/,
    ],
    [{ 'working-directory': 'link' }, /`working-directory` is "link", which is outside of the checkout/],
    [{ modules: ['../other'] }, /`modules` names "\.\.\/other", which is outside of the checkout/],
  ])('rejects %j', async (inputs, sentence) => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'checkout/go.mod': mod('a'), 'other/go.mod': mod('b') })
    if ('working-directory' in inputs && inputs['working-directory'] === 'link')
      symlinkSync(path.join(folder, 'other'), path.join(folder, 'checkout', 'link'), 'junction')
    const found = await findModules(
      { 'working-directory': '.', modules: [], ...inputs },
      path.join(folder, 'checkout'),
      false,
      process.env,
    )
    expect(found.problems.map(problemText)).toEqual([expect.stringMatching(sentence)])
  })
})

test('rejects a go.work that names a directory twice, as the go command does', () => {
  const workspace = temporaryFolder()
  writeFiles(workspace, { 'go.work': 'go 1.25\n\nuse (\n\t./a\n\t./a/\n)\n', 'a/go.mod': mod('a') })
  const { problems } = readRoots(placesIn(workspace), workspace, '')
  expect(problems.map(problemText)).toEqual([expect.stringMatching(/go\.work uses `\.\/a\/` twice/)])
})
