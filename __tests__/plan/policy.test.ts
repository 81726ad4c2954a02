import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/facts/event.ts'
import { matchesGlob } from '../../src/plan/glob.ts'
import { planPolicy } from '../../src/plan/policy.ts'

const inputs = { cache: true, 'cache-mode': 'auto', 'cache-save-branches': [] } as const
const onMain: Event = { name: 'push', ref: 'refs/heads/main', defaultBranch: 'main', fork: false }

describe('planPolicy in mode auto', () => {
  test.each([
    // event, ref, default branch, fork -> restore, save
    ['push', 'refs/heads/main', 'main', false, true, 'yes'],
    ['schedule', 'refs/heads/main', 'main', false, true, 'yes'],
    ['workflow_dispatch', 'refs/heads/main', 'main', false, true, 'yes'],
    ['repository_dispatch', 'refs/heads/main', 'main', false, true, 'yes'],
    ['push', 'refs/heads/feature', 'main', false, true, 'if-nothing-found'],
    ['workflow_dispatch', 'refs/heads/feature', 'main', false, true, 'if-nothing-found'],
    ['push', 'refs/heads/main', undefined, false, true, 'if-nothing-found'],
    ['pull_request', 'refs/pull/7/merge', 'main', false, true, 'if-nothing-found'],
    ['pull_request', 'refs/pull/7/merge', 'main', true, true, 'no'],
    ['merge_group', 'refs/heads/gh-readonly-queue/main/pr-7', 'main', false, true, 'no'],
    ['issue_comment', 'refs/heads/main', 'main', false, true, 'no'],
    ['workflow_dispatch', 'refs/tags/v1.0.0', 'main', false, true, 'no'],
    ['push', 'refs/tags/v1.0.0', 'main', false, false, 'no'],
    ['release', 'refs/tags/v1.0.0', 'main', false, false, 'no'],
    ['pull_request_target', 'refs/heads/main', 'main', false, false, 'no'],
    ['pull_request_target', 'refs/heads/main', 'main', true, false, 'no'],
    ['workflow_run', 'refs/heads/main', 'main', false, false, 'no'],
    ['', '', undefined, false, true, 'no'],
  ] as const)('%s on %s (default %s, fork %s)', (name, ref, defaultBranch, fork, restore, save) => {
    const policy = planPolicy(inputs, { name, ref, defaultBranch, fork }, '')
    expect({ restore: policy.restore, save: policy.save }).toEqual({ restore, save })
    expect(policy.why).not.toBe('')
    // Where nothing at all is done, the user is told which input changes that.
    expect(policy.notice?.includes('cache-mode')).toBe(restore ? undefined : true)
  })

  test.each([
    ['refs/heads/release/1.2', 'yes'],
    ['refs/heads/develop', 'yes'],
    ['refs/heads/main', 'if-nothing-found'],
  ] as const)('cache-save-branches takes the place of the default branch: %s', (ref, save) => {
    const given = { ...inputs, 'cache-save-branches': ['develop', 'release/*'] }
    expect(planPolicy(given, { ...onMain, ref }, '').save).toBe(save)
  })
})

describe('planPolicy in a mode that is given', () => {
  test.each([
    ['write', true, 'yes'],
    ['read', true, 'no'],
    ['write-only', false, 'yes'],
    ['none', false, 'no'],
  ] as const)('%s holds for every event', (mode, restore, save) => {
    for (const name of ['push', 'release', 'pull_request_target']) {
      const policy = planPolicy({ ...inputs, 'cache-mode': mode }, { ...onMain, name }, '')
      expect(policy).toMatchObject({ restore, save })
    }
  })

  test('cache: false turns everything off', () => {
    const policy = planPolicy({ ...inputs, cache: false, 'cache-mode': 'write' }, onMain, '')
    expect(policy).toMatchObject({ restore: false, save: 'no' })
  })
})

describe('ACTIONS_CACHE_MODE', () => {
  test.each([
    ['', true, 'yes'],
    ['write', true, 'yes'],
    ['somethingnew', true, 'yes'],
    ['read', true, 'no'],
    ['write-only', false, 'yes'],
    ['none', false, 'no'],
  ] as const)('%j is never exceeded', (serviceMode, restore, save) => {
    const policy = planPolicy({ ...inputs, 'cache-mode': 'write' }, onMain, serviceMode)
    expect(policy).toMatchObject({ restore, save })
    expect(policy.why.includes('ACTIONS_CACHE_MODE')).toBe(!(restore && save === 'yes'))
  })
})

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
