import { describe, expect, test } from 'vitest'
import { readInputs, variableOf } from '../../src/inputs/inputs.ts'
import { lookupProblems } from '../../src/validate/lookup-only.ts'

/** What is wrong with these inputs. */
function problemsOf(given: Readonly<Record<string, string>>): readonly string[] {
  const environment = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [variableOf(name), value]),
  )
  const { inputs, problems } = readInputs(environment)
  expect(problems).toEqual([])
  return lookupProblems(inputs).map(({ what }) => what)
}

describe('lookupProblems', () => {
  test.each([
    {},
    { cache: 'false', offline: 'true' },
    { 'lookup-only': 'true' },
    { 'lookup-only': 'true', 'fail-on-cache-miss': 'true' },
    { 'lookup-only': 'true', 'cache-modules': 'false' },
    { 'lookup-only': 'true', dependencies: 'download', 'deps-lock': 'deps.txt', 'test-cache': 'stable' },
    { 'lookup-only': 'true', 'cache-mode': 'read', 'dry-run': 'true' },
    { 'fail-on-cache-miss': 'true', 'cache-build': 'false' },
    { 'fail-on-cache-miss': 'modules', 'cache-build': 'false', offline: 'strict' },
  ])('%j is valid', (given) => {
    expect(problemsOf(given)).toEqual([])
  })

  test.each([
    [{ cache: 'false' }, '`cache` is "false"'],
    [{ 'cache-modules': 'false', 'cache-build': 'false' }, '`cache-modules` and `cache-build` are "false"'],
    [{ 'cache-mode': 'none' }, '`cache-mode` is "none", which restores nothing'],
    [{ 'cache-mode': 'write-only' }, '`cache-mode` is "write-only", which restores nothing'],
  ])('%j leaves nothing to look up, and nothing that can be required', (given, reason) => {
    expect(problemsOf({ ...given, 'lookup-only': 'true' })).toEqual([
      `Input \`lookup-only\` is "true", but ${reason}`,
    ])
    expect(problemsOf({ ...given, 'fail-on-cache-miss': 'true' })).toEqual([
      `Input \`fail-on-cache-miss\` is "true", but ${reason}`,
    ])
  })

  test.each(['modules', 'build'])('fail-on-cache-miss: %s needs that cache', (name) => {
    expect(problemsOf({ 'fail-on-cache-miss': name, [`cache-${name}`]: 'false' })).toEqual([
      `Input \`fail-on-cache-miss\` is "${name}", but \`cache-${name}\` is "false"`,
    ])
  })

  test.each([
    ['dependencies', 'vendor'],
    ['check-vendor', 'true'],
    ['check-tidy', 'true'],
    ['offline', 'strict'],
    ['offline-check', './cmd/...'],
    ['deps-lock-mode', 'write'],
    ['bundle', 'deps.tar.zst'],
    ['bundle-output', 'deps.tar.zst'],
  ])('%s: %s needs modules', (name, value) => {
    expect(problemsOf({ 'lookup-only': 'true', [name]: value })).toEqual([
      `Input \`lookup-only\` is "true", so this step has no modules, but \`${name}\` is "${value}"`,
    ])
  })
})
