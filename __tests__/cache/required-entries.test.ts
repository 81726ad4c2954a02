import { describe, expect, test } from 'vitest'
import { makeKey } from '../../src/cache/key.ts'
import { alreadyCached, type CacheReport, cacheMiss } from '../../src/cache/outcomes.ts'
import { missProblems } from '../../src/cache/required-entries.ts'
import { problemText } from '../../src/errors.ts'

const key = makeKey([{ name: 'schema', value: 's1', of: 'layout' }], 1)
const report = (name: 'modules' | 'build', outcome?: CacheReport['outcome']): CacheReport => ({
  name,
  plan: { wanted: true, key, why: '' },
  ...(outcome === undefined ? {} : { outcome }),
})
const off = { name: 'build', plan: { wanted: false, why: '' } } as const
const [found, missed] = [alreadyCached('partial'), cacheMiss()]

describe('missProblems', () => {
  test.each<[Parameters<typeof missProblems>[0], CacheReport[], number]>([
    ['false', [report('modules', missed), report('build', missed)], 0],
    ['true', [report('modules', missed), report('build', missed)], 2],
    ['true', [report('modules', found), report('build', missed)], 1],
    ['true', [report('modules', found), report('build', found)], 0],
    ['true', [report('modules', missed), off], 1],
    ['modules', [report('modules', missed), report('build', missed)], 1],
    ['modules', [report('modules', found), report('build', missed)], 0],
    ['build', [report('modules', missed), report('build', found)], 0],
    ['build', [report('modules', missed), off], 0],
    // A use that failed before it restored has no report.
    ['true', [], 0],
  ])('%j with %j has %d problems', (requested, reports, count) => {
    expect(missProblems(requested, reports)).toHaveLength(count)
  })

  test('names the input, the key and the jobs that save such an entry', () => {
    expect(
      missProblems('true', [report('modules', missed), report('build', missed)]).map(problemText),
    ).toEqual([
      'Input `fail-on-cache-miss` is "true", and there is no entry of the module cache for key s1. First run a job of this repository with the same `cache-key` that saves one, with `org/go-deps-action` or `org/go-deps-action/save`. Or remove the input.',
      'Input `fail-on-cache-miss` is "true", and there is no entry of the build cache for key s1. First run a job with the same `cache-key`, system, architecture, Go version and environment that saves one, with `org/go-deps-action` or `org/go-deps-action/save`. Or remove the input.',
    ])
  })

  test('names the error of the cache, and the rule that keeps this run from restoring', () => {
    const [failed] = missProblems('build', [report('build', cacheMiss('it is down', { unreachable: true }))])
    expect(failed?.what).toContain('no entry of the build cache was restored: it is down')
    const [skipped] = missProblems('build', [{ ...report('build'), skipped: 'a pushed tag uses no cache' }])
    expect(skipped?.what).toContain('the build cache is not restored: a pushed tag uses no cache')
  })
})
