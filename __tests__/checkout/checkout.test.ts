import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCheckout } from '../../src/checkout/checkout.ts'
import { nonProjectFolders } from '../../src/checkout/own-modules.ts'
import { problemText } from '../../src/errors.ts'
import { GoEnv } from '../../src/gocmd/go-env.ts'
import { isRoot } from '../harness/unprivileged.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

const mod = (name: string, more = '') => `module example.com/${name}\n\ngo 1.24\n${more}`
const requires = 'require example.com/x v1.0.0\n'
const sum = ['example.com/x v1.0.0', 'example.com/x v1.0.0/go.mod']
  .map((one) => `${one} h1:${'A'.repeat(43)}=\n`)
  .join('')

interface Given {
  readonly 'working-directory'?: string
  readonly modules?: readonly string[]
  /** Variables of Go and of the runner; `$W` is the checkout. */
  readonly variables?: Readonly<Record<string, string>>
  readonly prepare?: (workspace: string) => void
}

/** Reads a checkout without git: git is irrelevant here, and slow. */
async function checkout(files: Readonly<Record<string, string>>, given: Given = {}) {
  const workspace = temporaryFolder()
  writeFiles(workspace, files)
  given.prepare?.(workspace)
  const variables = Object.fromEntries(
    Object.entries(given.variables ?? {}).map(([name, value]) => [name, value.replaceAll('$W', workspace)]),
  )
  const env = new GoEnv(variables)
  const found = await readCheckout(
    { 'working-directory': given['working-directory'] ?? '.', modules: given.modules ?? [] },
    workspace,
    env,
    env.setting('GOFLAGS'),
    nonProjectFolders(workspace, env),
  )
  return {
    roots: found.roots.map(({ label }) => label),
    found: found.roots.flatMap((root) => root.found ?? []),
    leftOut: found.skipped.map(({ label, why }) => `${label}: ${why.replaceAll(`${workspace}/`, '')}`),
    patterns: found.skipped.flatMap(({ patterns }) => patterns),
    remarks: found.notes,
    problems: found.problems.map(problemText),
  }
}

describe('an unusable module is skipped if it was detected, and an error if it was named', () => {
  const conflict = `<<<<<<< HEAD\n${mod('bad')}`
  test.each([
    ['empty', { 'bad/go.mod': '' }, /bad\/go\.mod:1: no module line/],
    ['only a comment', { 'bad/go.mod': '// keeps ./... out\n' }, /bad\/go\.mod:1: no module line/],
    ['a template', { 'bad/go.mod': 'module {{ .Path }}\n' }, /bad\/go\.mod:1: usage: module path/],
    [
      'a quoted template',
      { 'bad/go.mod': '// x\nmodule "{{ .Path }}"\n' },
      /bad\/go\.mod:2: malformed module path/,
    ],
    ['another placeholder', { 'bad/go.mod': 'module <name>\n' }, /malformed module path "<name>"/],
    ['conflict markers', { 'bad/go.mod': conflict }, /bad\/go\.mod:1: unresolved merge conflict/],
    [
      'an invalid version of Go',
      { 'bad/go.mod': 'module m\ngo 1.22.x.y\n' },
      /bad\/go\.mod:2: invalid go version/,
    ],
    [
      'an invalid toolchain',
      { 'bad/go.mod': 'module m\ntoolchain 1.24\n' },
      /bad\/go\.mod:2: invalid toolchain/,
    ],
    [
      'an invalid go.sum',
      { 'bad/go.mod': mod('b'), 'bad/go.sum': 'x y\n' },
      /bad\/go\.sum:1: expected module/,
    ],
    [
      'a go.sum in conflict',
      { 'bad/go.mod': mod('b'), 'bad/go.sum': '=======\n' },
      /bad\/go\.sum:1: unresolved/,
    ],
    [
      'a modules.txt in conflict',
      { 'bad/go.mod': mod('b'), 'bad/vendor/modules.txt': '>>>>>>> x\n' },
      /bad\/vendor\/modules\.txt:1: unresolved/,
    ],
    [
      'an invalid go.work',
      { 'bad/go.mod': mod('b'), 'bad/go.work': 'use\n' },
      /bad\/go\.work:1: usage: use path/,
    ],
    [
      'a go.work with a missing directory',
      { 'bad/go.mod': mod('b'), 'bad/go.work': 'go 1.24\nuse (\n.\n./gone\n)\n' },
      /bad\/go\.work uses `\.\/gone`, which has no go\.mod/,
    ],
  ] as const)('%s', async (_, files, problem) => {
    const all = { ...files, 'api/go.mod': mod('api') }
    const auto = await checkout(all)
    expect(auto).toMatchObject({ roots: ['api'], found: ['api'], problems: [], patterns: ['bad'] })
    expect(auto.leftOut.join()).toMatch(/its go\.mod is empty/.test(auto.leftOut.join()) ? /^bad: / : problem)
    expect(await checkout(all, { modules: ['*'] }), 'a glob finds').toMatchObject({
      problems: [],
      roots: ['api'],
    })
    const named = await checkout(all, { modules: ['api', 'bad'] })
    expect(named.problems).toEqual([expect.stringMatching(problem)])
    expect(named.leftOut).toEqual([])
    const excluded = await checkout(all, { modules: ['!bad'] })
    expect(excluded).toMatchObject({ roots: ['api'], problems: [], leftOut: [] })
  })

  test.skipIf(isRoot)('an unreadable go.mod', async () => {
    const files = { 'bad/go.mod': mod('b'), 'api/go.mod': mod('api') }
    const prepare = (workspace: string) => chmodSync(path.join(workspace, 'bad', 'go.mod'), 0)
    expect(await checkout(files, { prepare })).toMatchObject({ roots: ['api'], problems: [] })
    const named = await checkout(files, { prepare, modules: ['bad'] })
    expect(named.problems).toEqual([expect.stringMatching(/^bad\/go\.mod cannot be read \(EACCES/)])
  })

  test('a file that the system refuses to read, as it refuses a directory', async () => {
    const prepare = (workspace: string) =>
      mkdirSync(path.join(workspace, 'bad', 'go.sum'), { recursive: true })
    const files = { 'bad/go.mod': mod('b'), 'api/go.mod': mod('api') }
    expect(await checkout(files, { prepare })).toMatchObject({
      roots: ['api'],
      problems: [],
      leftOut: ['bad: bad/go.sum cannot be read (EISDIR: illegal operation on a directory)'],
    })
    expect((await checkout(files, { prepare, modules: ['bad'] })).problems).toHaveLength(1)
  })

  test('skips links to directories, and go.mod that are not files', async () => {
    const prepare = (workspace: string) => {
      symlinkSync(path.join(workspace, 'api'), path.join(workspace, 'link'), 'dir')
      symlinkSync('nowhere', path.join(workspace, 'api', 'deep', 'go.mod'))
      mkdirSync(path.join(workspace, 'odd', 'go.mod'), { recursive: true })
    }
    const files = { 'api/go.mod': mod('api'), 'api/deep/x': '' }
    expect(await checkout(files, { prepare })).toMatchObject({ roots: ['api'], leftOut: [], problems: [] })
  })

  test('keeps two modules with the same path', async () => {
    const found = await checkout({ 'a/go.mod': mod('same'), 'b/go.mod': mod('same') })
    expect(found).toMatchObject({ roots: ['a', 'b'], problems: [] })
  })

  test('reports an unusable go.mod in the directory itself as an error', async () => {
    const found = await checkout({ 'go.mod': 'module\n', 'a/go.mod': mod('a') })
    expect(found.problems).toEqual([expect.stringMatching(/^go\.mod:1: /)])
  })

  test('ignores an empty go.mod there', async () => {
    expect(await checkout({ 'go.mod': '// none\n', 'a/go.mod': mod('a') })).toMatchObject({
      roots: ['a'],
      problems: [],
    })
    expect(await checkout({ 'go.mod': '' })).toMatchObject({ roots: [], problems: [], patterns: ['.'] })
    const named = await checkout({ 'a/go.mod': '' }, { 'working-directory': 'a' })
    expect(named.problems).toEqual([expect.stringMatching(/no module line/)])
  })

  test('patterns are relative to `working-directory`, and one names a whole workspace', async () => {
    const files = {
      'x/w/go.work': 'go 1.24\nuse (\n./a\n./b\n./gone\n)\n',
      'x/w/a/go.mod': mod('a'),
      'x/w/b/go.mod': mod('b'),
      'x/y/go.mod': mod('y'),
    }
    const found = await checkout(files, { 'working-directory': 'x' })
    expect(found).toMatchObject({ roots: ['x/y'], found: ['y'], patterns: ['w'], problems: [] })
    expect(await checkout(files, { 'working-directory': 'x', modules: ['!w'] })).toMatchObject({
      leftOut: [],
    })
  })
})

describe('`!` in `modules`', () => {
  const names = ['api', 'examples', 'examples/a', 'lib/x']
  const files = Object.fromEntries(names.map((name) => [`${name}/go.mod`, mod('m')]))
  test.each<[readonly string[], readonly string[], RegExp | undefined]>([
    [['!examples'], ['api', 'lib/x'], undefined],
    [['!examples/**'], ['api', 'lib/x'], undefined],
    [['!./examples/'], ['api', 'lib/x'], undefined],
    [['!examples/*'], ['api', 'examples', 'lib/x'], undefined],
    [['!**/x', '!api'], ['examples', 'examples/a'], undefined],
    [['**', '!examples', 'examples/a'], ['api', 'examples/a', 'lib/x'], undefined],
    [['!examples', '**'], names, /`!examples`, which excludes no module selected before/],
    [['!gone'], names, /`!gone`, which excludes no module in this checkout/],
    [['!Examples'], names, /`!Examples`, which excludes no module/],
    [['!**'], [], /excludes api, examples, examples\/a, lib\/x\./],
  ])('%j', async (modules, roots, remark) => {
    const found = await checkout(files, { modules })
    expect([...found.roots].sort()).toEqual([...roots].sort())
    expect(found.problems).toEqual([])
    if (remark !== undefined) expect(found.remarks.join('\n')).toMatch(remark)
  })

  test('excludes what was named before it, and excluding everything is an error', async () => {
    const found = await checkout(files, { modules: ['api', '!api'] })
    expect(found.problems).toEqual([
      expect.stringMatching(/`modules` is "api\\n!api", which selects no module/),
    ])
  })

  test('keeps the modules that a go.work uses, with a log line', async () => {
    const workspace = {
      'go.work': 'go 1.24\nuse (\n./a\n./b\n)\n',
      'a/go.mod': mod('a'),
      'b/go.mod': mod('b'),
    }
    for (const modules of [['!b'], ['**', '!b']]) {
      const found = await checkout(workspace, { modules })
      expect(found).toMatchObject({ roots: ['.'], problems: [] })
      expect(found.remarks).toEqual([expect.stringMatching(/excludes b, but go\.work uses it.*-dropuse/)])
    }
  })
})

describe('modules of other projects', () => {
  const app = { 'app/go.mod': mod('app') }
  const cached = (folder: string) => ({
    ...app,
    [`${folder}/go.mod`]: mod('x'),
    [`${folder}/in/go.mod`]: mod('y'),
  })
  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ['GOPATH', cached('gopath/pkg/mod/example.com/x@v1.0.0'), { GOPATH: '$W/gopath' }],
    ['GOPATH, without a version in the path', cached('gopath/pkg/mod/odd'), { GOPATH: '$W/gopath' }],
    ['the second of a list', cached('two/pkg/mod/odd'), { GOPATH: '$W/one:$W/two' }],
    ['the default', cached('go/pkg/mod/odd'), { [isUnix ? 'HOME' : 'USERPROFILE']: '$W' }],
    ['a checkout that is its own GOPATH', cached('pkg/mod/odd'), { GOPATH: '$W' }],
    ['GOMODCACHE', cached('mods/odd'), { GOMODCACHE: '$W/mods' }],
    ['an unnamed module cache', cached('old/example.com/x@v0.0.0-2024'), {}],
    ['GOROOT', cached('sdk/src/odd'), { GOROOT: '$W/sdk' }],
    ['RUNNER_TEMP', cached('tmp/odd'), { RUNNER_TEMP: '$W/tmp' }],
    ['the tool cache', cached('tools/odd'), { RUNNER_TOOL_CACHE: '$W/tools' }],
    [
      'an unnamed Go',
      { ...cached('sdk/src'), 'sdk/VERSION': 'go1.26.0', 'sdk/src/runtime/runtime.go': '' },
      {},
    ],
  ])('%s', async (_, files, variables) => {
    for (const modules of [[], ['**']]) {
      expect(await checkout(files, { variables, modules })).toMatchObject({ roots: ['app'], problems: [] })
    }
  })

  test('do not include modules of the project in similar directories', async () => {
    const files = { 'pkg/api/go.mod': mod('api'), 'scope@x/go.mod': mod('s') }
    expect((await checkout(files, { variables: { GOPATH: '$W', RUNNER_TEMP: '$W/..' } })).roots).toEqual([
      'scope@x',
      'pkg/api',
    ])
  })

  test('include those behind a link', async () => {
    const prepare = (workspace: string) =>
      symlinkSync(path.join(workspace, 'gp'), path.join(workspace, 'gopath'), 'dir')
    const variables = { GOPATH: '$W/gopath' }
    expect((await checkout(cached('gp/pkg/mod/odd'), { variables, prepare })).roots).toEqual(['app'])
  })
})

describe('a subdirectory of a module', () => {
  const files = { 'go.mod': mod('a'), 'sub/deep/x.go': 'package x\n' }
  test.each<[string, Readonly<Record<string, string>>, Given, string]>([
    ['working-directory', files, { 'working-directory': 'sub' }, '.'],
    ['two levels below', files, { 'working-directory': 'sub/deep' }, '.'],
    ['`modules`', files, { modules: ['sub'] }, '.'],
    ['`modules` below working-directory', files, { 'working-directory': 'sub', modules: ['deep'] }, '.'],
    ['below vendor', { ...files, 'vendor/x/x.go': '' }, { 'working-directory': 'vendor/x' }, '.'],
    [
      'below a workspace',
      { 'w/go.work': 'go 1.24\nuse ./a\n', 'w/a/go.mod': mod('a'), 'w/docs/x': '' },
      { 'working-directory': 'w/docs' },
      'w',
    ],
  ])('with %s uses the module, and logs it', async (_, all, given, root) => {
    const found = await checkout(all, given)
    expect(found).toMatchObject({ roots: [root], found: [], problems: [] })
    expect(found.remarks).toEqual([
      expect.stringMatching(/inside the module or workspace of .*go\.(mod|work)/),
    ])
  })

  test('prefers modules below to the one above', async () => {
    const all = { ...files, 'sub/a/go.mod': mod('b') }
    expect((await checkout(all, { 'working-directory': 'sub' })).roots).toEqual(['sub/a'])
    const named = await checkout(all, { modules: ['sub'] })
    expect(named.problems).toEqual([expect.stringMatching(/names "sub".*Write `sub\/\*\*`/)])
  })

  test.each([
    [{ 'docs/x': '' }, { 'working-directory': 'docs' }],
    [{ 'go.mod': '', 'docs/x': '' }, { 'working-directory': 'docs' }],
    [files, { modules: ['nowhere'] }],
    [files, { modules: ['sub/*'] }],
  ])('reports %j with %j as an error', async (all, given) => {
    expect((await checkout(all as Record<string, string>, given)).problems).toHaveLength(1)
  })
})

describe('modules below a go.mod', () => {
  const root = { 'go.mod': mod('a'), 'tools/go.mod': mod('tools', requires), 'tools/go.sum': sum }
  test('are skipped, and a log line names the input for those with dependencies', async () => {
    const found = await checkout({
      ...root,
      'examples/go.mod': mod('e'),
      'none/go.mod': '',
      'bad/go.mod': '{',
    })
    expect(found).toMatchObject({ roots: ['.'], leftOut: [], problems: [] })
    expect(found.remarks).toEqual([
      "Only the module in . is used, as with `go build ./...`. Nested modules are skipped: tools. Set `modules: '**'` to use them too.",
    ])
    const all = await checkout(root, { modules: ['**'] })
    expect(all).toMatchObject({ roots: ['.', 'tools'], remarks: [] })
  })

  test('are skipped silently if they are excluded, or have nothing to cache', async () => {
    expect((await checkout(root, { modules: ['!tools'] })).remarks).toEqual(['`modules` excludes tools.'])
    expect((await checkout({ 'go.mod': mod('a'), 'b/go.mod': mod('b', requires) })).remarks).toEqual([])
  })
})
