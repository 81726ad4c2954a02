import { describe, expect, test } from 'vitest'
import { isUnverifiable, planDependencies } from '../../src/dependencies/plan.ts'
import { problemText } from '../../src/errors.ts'
import type { Root } from '../../src/gofiles/roots.ts'
import { rootProblems, usableRoots } from '../../src/validate/roots.ts'

const sums = { trees: [{ path: 'example.com/x', version: 'v1.0.0', h1: 'h1:x' }], goMods: [] }
const none = { trees: [], goMods: [], isMissing: true } as const
const empty = { trees: [], goMods: [] }

function root(
  label: string,
  more: Partial<Root> & { go?: string; sums?: typeof sums; require?: boolean } = {},
): Root {
  const { go = '1.24', sums: goSum = none, require = true, ...rest } = more
  const requirement = { path: 'example.com/x', version: 'v1.0.0', indirect: false }
  return {
    directory: `/w/${label}`,
    label,
    modules: [
      {
        ...{ directory: `/w/${label}`, goModFile: '', goSumFile: '', goLine: 1, goSum },
        goMod: { module: 'm', go, require: require ? [requirement] : [], replace: [], exclude: [], tool: [] },
      },
    ],
    ...{ goWorkSum: none, vendored: false, files: [] },
    ...rest,
  }
}

const usual = { dependencies: 'auto', offline: 'false', 'bundle-output': '', 'check-tidy': false } as const
type RootInputs = Parameters<typeof rootProblems>[0]

function problems(one: Root, inputs: Partial<RootInputs> = {}, goflags = '', others: readonly Root[] = []) {
  return rootProblems({ ...usual, ...inputs }, one, goflags, [one, ...others]).map(problemText)
}

describe('a missing go.sum', () => {
  test.each<[string, Root, boolean]>([
    ['requires modules', root('.'), true],
    ['requires no modules', root('.', { require: false }), false],
    ['has a go.sum', root('.', { sums }), false],
    ['has an empty go.sum', root('.', { sums: empty }), false],
    ['builds from vendor', root('.', { vendored: true }), false],
  ])('a module that %s', (_, one, expected) => {
    expect(isUnverifiable(usual, one)).toBe(expected)
    const [plan] = planDependencies(usual, [one])
    expect(plan?.lacksSums === true).toBe(expected)
    if (expected) expect(plan).toMatchObject({ action: 'nothing', why: expect.stringContaining('no go.sum') })
    expect(problems(one), 'is no mistake by itself').toEqual([])
  })

  test('is left to later steps with `dependencies: none`', () => {
    expect(planDependencies({ dependencies: 'none' }, [root('.')])[0]?.lacksSums).toBeUndefined()
  })

  test('is accepted in a workspace if any of its modules has one', () => {
    const [a] = root('a').modules
    const [b] = root('b', { sums }).modules
    const workspace = root('.', {
      goWork: { use: [], replace: [] },
      modules: [a, b].filter((one) => one !== undefined),
    })
    expect(isUnverifiable(usual, workspace)).toBe(false)
    expect(isUnverifiable(usual, { ...workspace, modules: workspace.modules.slice(0, 1) })).toBe(true)
    expect(
      isUnverifiable(usual, { ...workspace, modules: workspace.modules.slice(0, 1), goWorkSum: sums }),
    ).toBe(false)
  })

  test.each<[Partial<RootInputs>, string, string]>([
    [{ dependencies: 'download' }, '', '`dependencies: download`'],
    [{ dependencies: 'vendor' }, '', '`dependencies: vendor`'],
    [{ dependencies: 'vendor' }, '-mod=mod', '`dependencies: vendor`'],
    [{ offline: 'true' }, '', '`offline: true`'],
    [{ offline: 'strict' }, '', '`offline: strict`'],
    [{ 'bundle-output': 'x.tar.zst' }, '-mod=mod', '`bundle-output`'],
  ])('is an error with %j and GOFLAGS=%s', (inputs, goflags, words) => {
    expect(problems(root('.'), inputs, goflags)).toEqual([
      expect.stringMatching(new RegExp(`no go\\.sum.*${words}.*go mod tidy.*commit go\\.sum`)),
    ])
  })

  test.each<[Partial<RootInputs>, string]>([
    [{ dependencies: 'download' }, '-mod=mod'],
    [{ offline: 'true' }, '-mod=mod'],
    [{ 'check-tidy': true }, ''],
  ])('is no error with %j and GOFLAGS=%s', (inputs, goflags) => {
    expect(problems(root('.'), inputs, goflags)).toEqual([])
  })

  test('skips a detected module if another one has its own go.sum', () => {
    const [example, api] = [root('example', { found: ['example'] }), root('api', { found: ['api'], sums })]
    expect(problems(example, {}, '', [api])).toHaveLength(1)
    expect(problems(example, { 'check-tidy': true }, '', [api]), 'tidiness is asked for').toEqual([])
    expect(problems(example, {}, '', [root('b', { found: ['b'] })]), 'none has any').toEqual([])
    expect(problems(root('named'), {}, '', [api]), 'it was named').toEqual([])
  })
})

test('skips detected modules with their problems, and keeps those of named ones', () => {
  const [named, found, right] = [
    root('named'),
    root('found', { found: ['f'] }),
    root('right', { found: ['r'] }),
  ]
  const problem = { what: 'It is wrong', allowed: '', fix: 'Fix it.' }
  const usable = usableRoots([named, found, right], (one) => (one === right ? [] : [problem]))
  expect(usable).toEqual({
    roots: [named, right],
    skipped: [{ label: 'found', why: 'It is wrong', patterns: ['f'] }],
    problems: [problem],
  })
})
