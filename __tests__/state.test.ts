import { describe, expect, test } from 'vitest'
import { planSave } from '../src/cache/save-rules.ts'
import { decodeCleanupRecord } from '../src/platform/cleanup.ts'
import { decodeState, encodeState, jobStatus, type State } from '../src/state.ts'

const cache = { directory: '/cache', key: 'k', matched: '', found: 'miss', unreachable: false } as const
const builds = {
  ...cache,
  isExclusive: true,
  sameJob: false,
  family: 'f',
  repository: 'o/r',
  workspace: '/w',
  checkouts: [],
  modulePaths: [],
  testCache: 'keep',
  stableMtimes: '',
  excluded: { always: false, why: '', patterns: '', gomodcache: '' },
  salt: '',
} as const
const state: State = {
  version: 1,
  folder: '/temp/go-deps-action-x',
  began: 1,
  ended: 2,
  warned: false,
  backend: 'auto',
  save: 'yes',
  why: 'the rule',
  saveBuildOnFailure: false,
  keepsPrivate: false,
  maxSize: 1e9,
  summary: 'always',
  modules: {
    ...cache,
    zips: 'auto',
    hadZips: false,
    corrupt: false,
    unchecked: '',
    excluded: '',
    salt: '',
    isExclusive: true,
  },
  build: builds,
}

describe('state', () => {
  test('survives a round trip', () => {
    expect(decodeState(encodeState(state), () => true)).toEqual(state)
  })

  test('a folder that this action did not create is never touched', () => {
    const isOwn = (folder: string) => folder !== state.folder
    expect(decodeState(encodeState(state), isOwn)).toBeUndefined()
  })

  const right = encodeState(state)
  test.each([
    ...['', 'null', '7', '"text"', '[]', '{}', 'not json', right.slice(0, -1), `${right}x`],
    JSON.stringify({ ...state, version: 2 }),
    JSON.stringify({ ...state, folder: 7 }),
    JSON.stringify({ ...state, save: 'always' }),
    JSON.stringify({ ...state, why: null }),
    JSON.stringify({ ...state, modules: null }),
    JSON.stringify({ ...state, build: { ...builds, directory: ['/'] } }),
    JSON.stringify({ ...state, toolchain: 'x' }),
  ])('rejects %j as a state', (text) => {
    expect(decodeState(text, () => true)).toBeUndefined()
  })

  test('a cleanup record survives a round trip, and damaged ones are rejected', () => {
    const record = { folder: '/temp/go-deps-ssh-x', given: { GIT_SSH_COMMAND: 'a\n"b"' }, before: {} }
    expect(decodeCleanupRecord(JSON.stringify(record))).toEqual(record)
    for (const damage of [
      ...[
        null,
        7,
        [],
        {},
        { ...record, folder: null },
        { ...record, given: undefined },
        { ...record, before: [1] },
      ],
      ...[
        { ...record, given: { A: 1 } },
        { ...record, given: { 'A=B': 'x' } },
        { ...record, given: { 'A\nB': 'x' } },
      ],
    ])
      expect(decodeCleanupRecord(JSON.stringify(damage) ?? ''), JSON.stringify(damage)).toBeUndefined()
    for (const text of ['', '{', 'not json']) expect(decodeCleanupRecord(text)).toBeUndefined()
  })

  test('never exceeds the size that every system can pass on', () => {
    expect(() => encodeState({ ...state, why: 'x'.repeat(25_000) })).toThrow(RangeError)
  })

  test.each([
    ['success', 'success'],
    ['Failure', 'failure'],
    ['cancelled', 'cancelled'],
    ['', 'unknown'],
    ['${{ job.status }}', 'unknown'],
  ])('job status %j', (text, status) => {
    expect(jobStatus(text)).toBe(status)
  })
})

describe('planSave', () => {
  const saves = (given: State, status: Parameters<typeof planSave>[1]) => {
    const plan = planSave(given, status)
    return [plan.modules.save, plan.build.save]
  }

  test.each([
    ['success', [true, true]],
    ['failure', [true, false]],
    ['cancelled', [false, false]],
    ['unknown', [true, false]],
  ] as const)('after %s', (status, expected) => {
    expect(saves(state, status)).toEqual(expected)
  })

  test('saves the build cache of a failed job with cache-save-on-failure, but not after an unknown result', () => {
    expect(saves({ ...state, saveBuildOnFailure: true }, 'failure')).toEqual([true, true])
    expect(saves({ ...state, saveBuildOnFailure: true }, 'unknown')).toEqual([true, false])
  })

  test('gives the reason of a policy that forbids saving', () => {
    const plan = planSave({ ...state, save: 'no' }, 'success')
    const refused = { save: false, why: 'the rule', refusal: { rule: 'policy' } }
    expect(plan).toMatchObject({ modules: refused, build: refused, toolchain: refused, isWholeJob: true })
  })

  test.each([
    ['miss', 'miss', [true, true]],
    ['exact', 'miss', [false, false]],
    ['miss', 'partial', [false, false]],
    ['unknown', 'miss', [false, false]],
  ] as const)('if-nothing-found with modules %s and build %s', (modules, build, expected) => {
    const given: State = {
      ...state,
      save: 'if-nothing-found',
      modules: {
        ...cache,
        zips: 'auto',
        hadZips: false,
        corrupt: false,
        unchecked: '',
        excluded: '',
        salt: '',
        isExclusive: true,
        found: modules,
      },
      build: { ...builds, found: build },
    }
    expect(saves(given, 'success')).toEqual(expected)
  })

  test('does not reject exact entries: their content decides', () => {
    const given: State = {
      ...state,
      modules: {
        ...cache,
        zips: 'auto',
        hadZips: false,
        corrupt: false,
        unchecked: '',
        excluded: '',
        salt: '',
        isExclusive: true,
        found: 'exact',
      },
      build: { ...builds, found: 'exact' },
    }
    expect(saves(given, 'success')).toEqual([true, true])
  })

  test('skips a cache that did not answer at the start of the job', () => {
    const silent = { ...builds, found: 'unknown', unreachable: true } as const
    expect(saves({ ...state, build: silent }, 'success')).toEqual([true, false])
  })

  test('never saves build objects of private modules in a public repository', () => {
    const why = 'this repository is public'
    const build = { ...builds, excluded: { ...builds.excluded, always: true, why } }
    expect(planSave({ ...state, build }, 'success').build).toMatchObject({ save: false, why })
  })

  test('saves no disabled cache', () => {
    const { modules: _, build: __, ...off } = state
    expect(saves(off, 'success')).toEqual([false, false])
  })
})
