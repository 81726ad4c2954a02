import { describe, expect, test } from 'vitest'
import { type CachePolicy, matchesGlob, planPolicy } from '../../src/cache/policy.ts'
import { planSave } from '../../src/cache/save-rules.ts'
import type { Event } from '../../src/github-context.ts'
import type { State } from '../../src/state.ts'

const inputs = { cache: true, 'cache-mode': 'auto', 'cache-save-branches': [] } as const
const onMain: Event = {
  name: 'push',
  ref: 'refs/heads/main',
  defaultBranch: 'main',
  isPublic: false,
  fork: false,
}

/** Whether a run restores, and when it saves: `first`: only if no cache had anything, so that a first trial is warm. */
interface Rule {
  readonly restores: boolean
  readonly saves: 'always' | 'first' | 'never'
}

const saves: Rule = { restores: true, saves: 'always' }
const savesFirst: Rule = { restores: true, saves: 'first' }
const restores: Rule = { restores: true, saves: 'never' }
const writesOnly: Rule = { restores: false, saves: 'always' }
const nothing: Rule = { restores: false, saves: 'never' }

/**
 * README, "When a run saves": the run, its event and ref, what it does, and words of the deciding rule.
 * The code comes from a fork where the name of the run says so.
 */
const runs: readonly (readonly [string, string, string, Rule, string])[] = [
  ['a push to the default branch', 'push', 'refs/heads/main', saves, 'push on the default branch main'],
  ['a schedule', 'schedule', 'refs/heads/main', saves, 'schedule on the default branch main'],
  [
    'a dispatch on the default branch',
    'workflow_dispatch',
    'refs/heads/main',
    saves,
    'workflow_dispatch on the default branch main',
  ],
  [
    'a repository_dispatch',
    'repository_dispatch',
    'refs/heads/main',
    saves,
    'repository_dispatch on the default branch main',
  ],
  [
    'a push to another branch',
    'push',
    'refs/heads/feature',
    savesFirst,
    'branch feature is not the default branch',
  ],
  [
    'a push to a branch in a folder',
    'push',
    'refs/heads/main/2',
    savesFirst,
    'branch main/2 is not the default branch',
  ],
  [
    'a dispatch on another branch',
    'workflow_dispatch',
    'refs/heads/feature',
    savesFirst,
    'branch feature is not the default branch',
  ],
  [
    'a pull request of the repository',
    'pull_request',
    'refs/pull/7/merge',
    savesFirst,
    'pull requests save only',
  ],
  ['a pull request of a fork', 'pull_request', 'refs/pull/7/merge', restores, 'for a fork'],
  ['a merge queue', 'merge_group', 'refs/heads/gh-readonly-queue/main/pr-7', restores, 'merge queues'],
  ['a dispatch on a tag', 'workflow_dispatch', 'refs/tags/v1.0.0', restores, 'on a tag'],
  ['a tag that is created', 'create', 'refs/tags/v1.0.0', restores, 'on a tag'],
  ['a branch that is deleted', 'delete', 'refs/heads/main', restores, 'event delete'],
  ['a comment', 'issue_comment', 'refs/heads/main', restores, 'event issue_comment'],
  ['a review', 'pull_request_review', 'refs/pull/7/merge', restores, 'event pull_request_review'],
  ['a review in a fork', 'pull_request_review', 'refs/pull/7/merge', restores, 'for a fork'],
  ['a status', 'status', 'refs/heads/main', restores, 'event status'],
  ['an event of the future', 'quantum_push', 'refs/heads/main', restores, 'event quantum_push'],
  ['an unknown event', '', '', restores, 'event '],
  ['a pushed tag', 'push', 'refs/tags/v1.0.0', nothing, 'a pushed tag uses no cache'],
  ['a release', 'release', 'refs/tags/v1.0.0', nothing, 'event release uses no cache'],
  [
    'a pull_request_target',
    'pull_request_target',
    'refs/heads/main',
    nothing,
    'event pull_request_target uses no cache',
  ],
  [
    'a pull_request_target of a fork',
    'pull_request_target',
    'refs/heads/main',
    nothing,
    'event pull_request_target uses no cache',
  ],
  ['a workflow_run', 'workflow_run', 'refs/heads/main', nothing, 'event workflow_run uses no cache'],
]

/** docs/caching.md, "Who saves": an explicit mode applies to every run. */
const modes: Readonly<Record<'auto' | 'write' | 'read' | 'write-only' | 'none', Rule | 'by event'>> = {
  auto: 'by event',
  write: saves,
  read: restores,
  'write-only': writesOnly,
  none: nothing,
}

/** Operations that the service allows by ACTIONS_CACHE_MODE; unknown values allow all (@actions/cache, config.ts). */
const services = [
  { word: '', reads: true, writes: true },
  { word: 'write', reads: true, writes: true },
  { word: 'read', reads: true, writes: false },
  { word: 'write-only', reads: false, writes: true },
  { word: 'none', reads: false, writes: false },
  { word: 'writable', reads: true, writes: true },
]

/** docs/caching.md, "Who saves": what each job result allows, without and with `cache-save-on-failure`. */
const results = [
  { status: 'success', onFailure: false, modules: true, build: true },
  { status: 'failure', onFailure: false, modules: true, build: false },
  { status: 'cancelled', onFailure: false, modules: false, build: false },
  { status: 'unknown', onFailure: false, modules: true, build: false },
  { status: 'success', onFailure: true, modules: true, build: true },
  { status: 'failure', onFailure: true, modules: true, build: true },
  { status: 'cancelled', onFailure: true, modules: false, build: false },
  { status: 'unknown', onFailure: true, modules: true, build: false },
] as const

const restored = ['miss', 'partial', 'exact'] as const
type Found = (typeof restored)[number] | 'unknown'

/** What main found; unknown for caches that it may not restore. */
function findings(restoresAny: boolean): readonly (readonly [Found, Found])[] {
  if (!restoresAny) return [['unknown', 'unknown']]
  return restored.flatMap((modules) => restored.map((build) => [modules, build] as const))
}

const cache = { directory: '/cache', key: 'k', matched: '', unreachable: false } as const

function stateAfter(policy: CachePolicy, saveBuildOnFailure: boolean, modules: Found, build: Found): State {
  return {
    version: 1,
    folder: '/temp/go-deps-action-x',
    began: 1,
    ended: 2,
    warned: false,
    backend: 'auto',
    save: policy.save,
    why: policy.why,
    saveBuildOnFailure,
    keepsPrivate: false,
    maxSize: 1e9,
    summary: 'always',
    modules: {
      ...cache,
      found: modules,
      zips: 'auto',
      hadZips: false,
      corrupt: false,
      unchecked: '',
      excluded: '',
      salt: '',
      isExclusive: true,
    },
    build: {
      ...{
        ...cache,
        found: build,
        isExclusive: true,
        sameJob: false,
        family: 'f',
        repository: 'o/r',
        workspace: '/w',
        checkouts: [],
        modulePaths: [],
      },
      ...{
        testCache: 'keep',
        stableMtimes: '',
        salt: '',
        excluded: { always: false, why: '', patterns: '', gomodcache: '' },
      },
    },
  }
}

const cells = runs.flatMap(([run, name, ref, byEvent, words]) =>
  (Object.keys(modes) as (keyof typeof modes)[]).map((mode) => {
    const given = modes[mode]
    const rule = given === 'by event' ? byEvent : given
    const event: Event = {
      name,
      ref,
      defaultBranch: name === '' ? undefined : 'main',
      isPublic: false,
      fork: run.endsWith('fork'),
    }
    return { run, mode, event, rule, words: given === 'by event' ? words : `input \`cache-mode\` is ${mode}` }
  }),
)

describe.each(cells)('$run, cache-mode: $mode', ({ mode, event, rule, words }) => {
  const does = `${rule.restores ? 'restores' : 'does not restore'}, saves ${rule.saves === 'first' ? 'only if nothing was found' : rule.saves}`
  const policyOf = (service: string) => planPolicy({ ...inputs, 'cache-mode': mode }, event, service)

  test(`${does}, limited to what the service allows`, () => {
    for (const { word, reads, writes } of services) {
      const policy = policyOf(word)
      expect({ word, restores: policy.restore, saves: policy.save }).toEqual({
        word,
        restores: rule.restores && reads,
        saves:
          !writes || rule.saves === 'never' ? 'no' : rule.saves === 'always' ? 'yes' : 'if-nothing-found',
      })
    }
  })

  test('names the deciding rule, and the service if that forbids an operation', () => {
    for (const { word, reads, writes } of services) {
      const { why, notice } = policyOf(word)
      expect(why).toContain(words)
      const isLimited = (rule.restores && !reads) || (rule.saves !== 'never' && !writes)
      expect([word, /ACTIONS_CACHE_MODE allows only (.*)$/.exec(why)?.[1]]).toEqual([
        word,
        isLimited ? word : undefined,
      ])
      // A run that does nothing by default names the input that changes this.
      const isUnasked = mode === 'auto' && rule === nothing
      expect(notice?.includes('`cache-mode: read`')).toBe(isUnasked ? true : undefined)
      // Every run that does not always save names the input that enables it.
      if (mode === 'auto' && rule.saves !== 'always')
        expect(why).toMatch(/`cache-mode: write` to save|to save, (?:add|list)/)
    }
  })

  test('decides on the final save by job result and restored entry', () => {
    const [expected, actual]: [Record<string, string>, Record<string, string>] = [{}, {}]
    for (const { word, reads, writes } of services) {
      const policy = policyOf(word)
      for (const { status, onFailure, ...result } of results) {
        for (const [modules, build] of findings(rule.restores && reads)) {
          const foundNothing = modules === 'miss' && build === 'miss'
          const mayWrite = writes && (rule.saves === 'always' || (rule.saves === 'first' && foundNothing))
          const plan = planSave(stateAfter(policy, onFailure, modules, build), status)
          const label = `service ${word || 'unset'}, ${status}, cache-save-on-failure ${onFailure}, modules ${modules}, build ${build}`
          expected[label] = `modules ${mayWrite && result.modules}, build ${mayWrite && result.build}`
          // Whether to save the same source again depends on missing modules, which are unknown here.
          const rewritten = build === 'exact' && mayWrite && result.build
          actual[label] = `modules ${plan.modules.save}, build ${rewritten || plan.build.save}`
        }
      }
    }
    expect(actual).toEqual(expected)
  })

  test('names the rule for every save decision', () => {
    for (const { word, reads, writes } of services) {
      const policy = policyOf(word)
      for (const { status, onFailure, build: buildAllowed } of results) {
        for (const [modules, build] of findings(rule.restores && reads)) {
          const plan = planSave(stateAfter(policy, onFailure, modules, build), status)
          const isForbidden = rule.saves === 'never' || !writes
          const isSecond = rule.saves === 'first' && (modules !== 'miss' || build !== 'miss')
          const common = isForbidden
            ? policy.why
            : status === 'cancelled'
              ? 'the job was cancelled'
              : policy.why
          expect(plan.modules.why).toBe(common)
          const byResult = { failure: 'the job failed', unknown: 'the result of the job is unknown' }
          const isByResult = !isForbidden && !isSecond && !buildAllowed && status in byResult
          if (build !== 'exact') {
            expect(plan.build.why).toBe(isByResult ? byResult[status as keyof typeof byResult] : common)
          }
          expect(plan.build.why).not.toBe('')
          expect(plan.toolchain.why).not.toBe('')
        }
      }
    }
  })
})

test('saves a push only if nothing was found when the event does not name the default branch, and says so', () => {
  const policy = planPolicy(inputs, { ...onMain, defaultBranch: undefined }, '')
  expect(policy).toMatchObject({ restore: true, save: 'if-nothing-found' })
  expect(policy.why).toContain('does not name the default branch')
})

describe('cache-save-branches replaces the default branch', () => {
  const branches = { ...inputs, 'cache-save-branches': ['develop', 'release/*'] }
  test.each([
    ['push', 'refs/heads/release/1.2', 'yes', 'branch release/1.2 is in `cache-save-branches` (release/*)'],
    ['push', 'refs/heads/develop', 'yes', 'branch develop is in `cache-save-branches` (develop)'],
    ['schedule', 'refs/heads/develop', 'yes', 'branch develop is in'],
    ['push', 'refs/heads/main', 'if-nothing-found', 'branch main is not in `cache-save-branches`'],
    ['push', 'refs/heads/release/1/2', 'if-nothing-found', 'branch release/1/2 is not in'],
    ['issue_comment', 'refs/heads/develop', 'no', 'event issue_comment only restores'],
    ['merge_group', 'refs/heads/develop', 'no', 'merge queues only restore'],
    ['pull_request', 'refs/pull/7/merge', 'if-nothing-found', 'pull requests'],
    ['push', 'refs/tags/develop', 'no', 'a pushed tag'],
  ] as const)('%s on %s: %s', (name, ref, save, why) => {
    const policy = planPolicy(branches, { ...onMain, name, ref }, '')
    expect(policy.save).toBe(save)
    expect(policy.why).toContain(why)
  })

  test('cache-save-branches applies also when the event does not name the default branch', () => {
    const event = { ...onMain, ref: 'refs/heads/develop', defaultBranch: undefined }
    expect(planPolicy(branches, event, '').save).toBe('yes')
  })
})

test.each(['auto', 'write', 'read', 'write-only', 'none'] as const)(
  'cache: false turns everything off, also with cache-mode: %s',
  (mode) => {
    for (const { word } of services) {
      const policy = planPolicy({ ...inputs, cache: false, 'cache-mode': mode }, onMain, word)
      expect(policy).toEqual({ restore: false, save: 'no', why: 'input `cache` is false' })
    }
  },
)

describe('matchesGlob', () => {
  test.each([
    ['main', 'main', true],
    ['main', 'maine', false],
    ['release/*', 'release/1.2', true],
    ['release/*', 'release/1/2', false],
    ['release/**', 'release/1/2', true],
    ['v?', 'v1', true],
    ['v?', 'v/', false],
    ['a.b', 'axb', false],
    ['feature(1)+[x]', 'feature(1)+[x]', true],
    ['**', 'anything/at/all', true],
  ] as const)('%s against %s', (pattern, name, matches) => {
    expect(matchesGlob(pattern, name)).toBe(matches)
  })
})

describe('a read-only token', () => {
  test('disables saving, and the reason says so', () => {
    const why = 'push on the default branch main; the token of this run may only read the cache'
    expect(planPolicy(inputs, onMain, '', false)).toEqual({ restore: true, save: 'no', why })
  })

  test('is not mentioned if nothing would be saved anyway', () => {
    const tag = { ...onMain, name: 'workflow_dispatch', ref: 'refs/tags/v1.0.0' }
    expect(planPolicy(inputs, tag, '', false)).toEqual(planPolicy(inputs, tag, '', true))
  })
})
