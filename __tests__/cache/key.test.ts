import { describe, expect, test } from 'vitest'
import { planBuildCache } from '../../src/cache/gocache/key.ts'
import { namedVersions, needsModuleCache, planModuleCache } from '../../src/cache/gomodcache/key.ts'
import type { Key, KeyFacts } from '../../src/cache/key.ts'
import { planDependencies } from '../../src/dependencies/plan.ts'
import { parseGoWork } from '../../src/gofiles/go-work.ts'
import type { Root } from '../../src/gofiles/roots.ts'
import { goMod, goSum, hash, root } from '../gofiles/root.ts'

const unchecked = { 'check-vendor': false, 'check-tidy': false }
const inputs = {
  'cache-modules': true,
  'cache-build': true,
  'cache-key': '',
  dependencies: 'auto',
  'check-vendor': false,
  'check-tidy': false,
  bundle: '',
} as const
const facts: KeyFacts = {
  roots: [root()],
  go: {
    env: {
      GOVERSION: 'go1.26.8',
      GOARCH: 'amd64',
      GOOS: 'linux',
      GOFLAGS: '',
      GOCACHE: '/c',
      GOMODCACHE: '/m',
      GOROOT: '/g',
    },
    compiler: 'gcc 12',
    toolchainSetting: 'local',
  },
  image: { system: 'linux', release: 'debian12.glibc2.36', arch: 'x64' },
  identity: { workflow: 'org/app/.github/workflows/ci.yml', id: 'test', matrix: 'null' },
  source: ['tree', ''],
  workspace: '/checkout/app',
}
const withEnv = (env: Record<string, string>): KeyFacts => ({
  ...facts,
  go: { ...facts.go, env: { ...facts.go.env, ...env } },
})

function keyOf(plan: ReturnType<typeof planBuildCache>): Key {
  if (!plan.wanted) throw new Error(plan.why)
  return plan.key
}
const modulesKey = (given: Partial<KeyFacts>) => keyOf(planModuleCache(inputs, { ...facts, ...given }))
const buildKey = (given: Partial<KeyFacts>) => keyOf(planBuildCache(inputs, { ...facts, ...given }))
/** The names of the parts in which two keys differ. */
const difference = (a: Key, b: Key) =>
  a.parts.filter((part, index) => part.value !== b.parts[index]?.value).map((part) => part.name)

describe('planModuleCache', () => {
  test('depends only on the module graph and the input cache-key', () => {
    expect(modulesKey({}).parts.map((part) => part.name)).toEqual(['schema', 'cache-key', 'module graph'])
  })

  const renamed = (name: string, text = goMod) => text.replace('example.com/app', `example.com/${name}`)
  const library = (place: string) => `require example.com/lib v0.0.0\nreplace example.com/lib => ${place}\n`
  const workspace = (goWork: string, ...roots: readonly Root[]): Root => ({
    ...root(),
    modules: roots.flatMap(({ modules }) => modules),
    goWork: parseGoWork(`go 1.25\n\n${goWork}`, 'go.work'),
  })

  test.each<[string, readonly Root[]]>([
    ['another main module', [root({ goMod: renamed('service') })]],
    ['two main modules with the same graph', [root({ goMod: renamed('service') }), root()]],
    ['two main modules in another order', [root(), root({ goMod: renamed('service') })]],
    ['two modules with half of the graph each', [root({ goSum: '' }), root({ goMod: renamed('service') })]],
    ['a workspace of such modules', [workspace('use ./a\nuse ./b\n', root(), root({ goMod: renamed('b') }))]],
    [
      'a workspace with a module that requires another',
      [
        workspace(
          'use ./a\nuse ./b\n',
          root(),
          root({
            goMod: `${renamed('b')}require example.com/app v0.0.0\n`,
          }),
        ),
      ],
    ],
    ['a library in the checkout', [root({ goMod: `${goMod}${library('../lib')}` })]],
    ['a library in the checkout, further away', [root({ goMod: `${goMod}${library('../../lib')}` })]],
    ['a library at an absolute path', [root({ goMod: `${goMod}${library('/src/lib')}` })]],
    ['a library on a Windows drive', [root({ goMod: `${goMod}${library('C:\\\\lib')}` })]],
    [
      'a library that the workspace replaces',
      [
        workspace(
          'use ./a\nreplace example.com/lib => ../lib\n',
          root({
            goMod: `${goMod}require example.com/lib v0.0.0\n`,
          }),
        ),
      ],
    ],
    [
      'an additional vendored module',
      [
        root(),
        root({
          vendored: true,
          goSum: `example.com/z v1.0.0 ${hash('Z')}\n`,
        }),
      ],
    ],
  ])('%s gives the same key, because the same modules are downloaded', (_, roots) => {
    expect(modulesKey({ roots }).full).toBe(modulesKey({}).full)
  })

  test('a library that is replaced by another module changes the key', () => {
    const replaced = `${goMod}${library('example.com/fork v1.0.0')}`
    expect(modulesKey({ roots: [root({ goMod: replaced })] }).full).not.toBe(modulesKey({}).full)
  })

  test('a main module without an entry falls back to the newest entry of the repository', () => {
    const other = modulesKey({
      roots: [root({ goMod: renamed('service'), goSum: goSum.replace('A', 'C') })],
    })
    expect(other.fallbacks).toEqual(['godeps.modules.v1-none-', 'godeps.modules.v1.part-none-'])
    expect(modulesKey({}).full.startsWith(other.fallbacks[0] ?? '?')).toBe(true)
  })

  test.each([
    ['other line endings', { goMod: goMod.replaceAll('\n', '\r\n'), goSum: goSum.replaceAll('\n', '\r\n') }],
    ['other comments', { goMod: `// about\n${goMod}` }],
    ['another order', { goSum: goSum.split('\n').reverse().join('\n') }],
    ['missing /go.mod lines', { goSum: `example.com/a v1.0.0 ${hash('A')}\n` }],
    ['another go line', { goMod: goMod.replace('go 1.25', 'go 1.24') }],
  ])('%s gives the same key', (_, files) => {
    expect(modulesKey({ roots: [root(files)] }).full).toBe(modulesKey({}).full)
  })

  test.each([
    ['another hash', { goSum: goSum.replace('A', 'C') }],
    ['another version', { goMod: goMod.replace('v1.0.0', 'v1.0.1') }],
    ['another replacement', { goMod: `${goMod}replace example.com/a => example.com/b v1.0.0\n` }],
  ])('%s gives another graph, and falls back to the previous entry', (_, files) => {
    const other = modulesKey({ roots: [root(files)] })
    expect(difference(modulesKey({}), other)).toEqual(['module graph'])
    expect(modulesKey({}).full.startsWith(other.fallbacks[0] ?? '?')).toBe(true)
  })

  test.each([
    ['vendored', [root({ vendored: true })], 'all dependencies are vendored'],
    [
      'without dependencies',
      [root({ goMod: 'module example.com/app\n', goSum: '' })],
      'there are no dependencies',
    ],
  ])('is off for a repository that is %s', (_, roots, why) => {
    expect(planModuleCache(inputs, { ...facts, roots })).toEqual({ wanted: false, why, expected: true })
  })

  test('is on for a vendored repository when its modules are downloaded', () => {
    const plan = planModuleCache(
      { ...inputs, dependencies: 'download' },
      { ...facts, roots: [root({ vendored: true })] },
    )
    expect(plan.wanted).toBe(true)
  })

  test('input cache-key separates keys and fallbacks', () => {
    const variant = keyOf(planModuleCache({ ...inputs, 'cache-key': 'nightly' }, facts))
    expect(modulesKey({}).full.startsWith(variant.fallbacks[0] ?? '?')).toBe(false)
    expect(variant.full.startsWith(modulesKey({}).fallbacks[0] ?? '?')).toBe(false)
  })
})

describe('planBuildCache', () => {
  test.each([
    ['source', { source: ['other tree', ''] }, 'source'],
    ['a dependency', { roots: [root({ goSum: goSum.replace('A', 'C') })] }, 'module graph'],
    ['job', { identity: { ...facts.identity, id: 'lint' } }, 'job'],
    ['matrix leg', { identity: { ...facts.identity, matrix: '{"go":"1.25"}' } }, 'job'],
    ['checkout directory', { workspace: '/elsewhere' }, 'paths'],
    ['C compiler', { go: { ...facts.go, compiler: 'gcc 13' } }, 'environment'],
    ['C flag', withEnv({ CGO_CFLAGS: '-O3' }), 'environment'],
    ['GOARCH', withEnv({ GOARCH: 'arm64' }), 'environment'],
    ['Go version', withEnv({ GOVERSION: 'go1.26.9' }), 'go'],
    ['libc', { image: { ...facts.image, release: 'alpine3.20.musl' } }, 'system'],
    ['architecture', { image: { ...facts.image, arch: 'arm64' } }, 'architecture'],
  ] as const)('another %s changes exactly one key part', (_, given, name) => {
    expect(difference(buildKey({}), buildKey(given))).toEqual([name])
  })

  test('variables that do not affect a build do not change the key', () => {
    expect(buildKey(withEnv({ GOPROXY: 'direct', GOCACHE: '/d', GOPATH: '/p' })).full).toBe(buildKey({}).full)
  })

  test('directories do not affect the key with -trimpath', () => {
    const here = buildKey(withEnv({ GOFLAGS: '-trimpath' }))
    const there = buildKey({
      ...withEnv({ GOFLAGS: '-trimpath', GOMODCACHE: '/n' }),
      workspace: '/elsewhere',
    })
    expect(there.full).toBe(here.full)
  })

  test('falls back for a new branch, dependency or job, but not for another Go version', () => {
    const old = buildKey({}).full
    const fits = (given: Partial<KeyFacts>) =>
      buildKey(given).fallbacks.some((prefix) => old.startsWith(prefix))
    expect(fits({ source: ['x'] })).toBe(true)
    expect(fits({ identity: { ...facts.identity, id: 'lint' } })).toBe(true)
    expect(fits({ workspace: '/elsewhere' })).toBe(true)
    expect(fits(withEnv({ GOVERSION: 'go1.26.9' }))).toBe(false)
  })

  test('is off when GOCACHE is off', () => {
    expect(planBuildCache(inputs, withEnv({ GOCACHE: 'off' }))).toMatchObject({
      wanted: false,
      why: expect.stringContaining('GOCACHE'),
    })
  })

  test.each([
    [{ GOCACHEPROG: '/opt/cache --token secret' }, false],
    [{ GOCACHEPROG: 'x', GOVERSION: 'go1.24.0' }, false],
    // Before Go 1.24 GOCACHEPROG needed an experiment.
    [{ GOCACHEPROG: 'x', GOVERSION: 'go1.23.4' }, true],
    [{ GOCACHEPROG: 'x', GOVERSION: 'go1.22.4', GOEXPERIMENT: 'a,cacheprog' }, false],
    [{ GOCACHEPROG: '' }, true],
  ])('is off when GOCACHEPROG is in effect: %j', (env, wanted) => {
    const roots = [root({ goMod: 'module example.com/app\n\ngo 1.21\n' })]
    const plan = planBuildCache(inputs, { ...withEnv(env), roots })
    expect(plan).toMatchObject(wanted ? { wanted } : { wanted, why: 'GOCACHEPROG is set' })
  })

  test('the module cache is off without GOMODCACHE', () => {
    const plan = planModuleCache(inputs, withEnv({ GOMODCACHE: '' }))
    expect(plan).toMatchObject({ wanted: false, why: expect.stringContaining('GOMODCACHE') })
  })

  test('includes the toolchain that go.mod requires if Go may download it', () => {
    const asking = [root({ goMod: goMod.replace('go 1.25', 'go 1.27.1') })]
    const part = (toolchainSetting: string) =>
      buildKey({ roots: asking, go: { ...facts.go, toolchainSetting } }).parts.find(
        ({ name }) => name === 'go',
      )
    expect(part('auto')?.value).toBe('go1.27.1')
    expect(part('local')?.value).toBe('go1.26.8')
  })
})

describe('planDependencies', () => {
  const vendored = root({ vendored: true })
  const bare = root({ goMod: 'module example.com/app\n', goSum: '' })

  test.each([
    ['auto', root(), 'download', true],
    ['auto', vendored, 'check', false],
    ['auto', bare, 'nothing', false],
    ['download', root(), 'download', true],
    ['download', vendored, 'download', true],
    ['download', bare, 'nothing', false],
    ['vendor', root(), 'vendor', true],
    ['vendor', vendored, 'vendor', true],
    ['vendor', bare, 'nothing', false],
    ['none', root(), 'nothing', true],
    ['none', vendored, 'nothing', false],
  ] as const)('%s', (mode, one, action, needsCache) => {
    const [plan] = planDependencies({ dependencies: mode }, [one])
    expect(plan?.action).toBe(action)
    expect(plan?.why).not.toBe('')
    expect(needsModuleCache({ ...unchecked, dependencies: mode }, one)).toBe(needsCache)
    // `check-vendor` needs the modules to vendor them again.
    expect(needsModuleCache({ ...unchecked, dependencies: mode, 'check-vendor': true }, one)).toBe(
      one !== bare,
    )
    // So does `check-tidy`.
    expect(needsModuleCache({ ...unchecked, dependencies: mode, 'check-tidy': true }, one)).toBe(one !== bare)
  })
})

test('namedVersions lists the versions of the checksum files, without vendored roots', () => {
  const given = { roots: [root(), root({ vendored: true, goSum: `example.com/z v1.0.0 ${hash('Z')}\n` })] }
  expect(namedVersions({ ...given, inputs: { ...unchecked, dependencies: 'auto' } })).toEqual({
    needed: ['example.com/a@v1.0.0'],
    trees: ['example.com/a@v1.0.0'],
    goMods: ['example.com/a@v1.0.0'],
  })
})
