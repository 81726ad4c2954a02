import { describe, expect, test } from 'vitest'
import { planDependencies } from '../../src/dependencies/plan.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import { hasModuleCache, homeProblems } from '../../src/validate/go-version.ts'
import { root } from '../gofiles/root.ts'

const usable = { GOMODCACHE: '/home/me/go/pkg/mod', GOCACHE: '/home/me/.cache/go-build' }
const roots = [root()]

function requirements(
  env: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>> = {},
  system = 'linux',
) {
  const variables = Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const { inputs } = readInputs(Object.fromEntries(variables))
  return homeProblems({ inputs, roots, go: { env, compiler: '', toolchainSetting: 'local' } }, system)
}

describe('without a Go directory for modules', () => {
  const none = { GOMODCACHE: '', GOCACHE: 'off' }

  test.each([none, { GOMODCACHE: 'relative/go/pkg/mod', GOCACHE: '' }])(
    'the job continues, with one warning: %j',
    (env) => {
      expect(hasModuleCache({ env })).toBe(false)
      expect(planDependencies({ dependencies: 'auto' }, roots, hasModuleCache({ env }))).toMatchObject([
        { action: 'nothing', why: expect.stringContaining('set GOMODCACHE') },
      ])
      const { problems, warnings } = requirements(env)
      expect(problems).toEqual([])
      expect(warnings).toEqual([
        'Go has no directory for GOMODCACHE and GOCACHE, because HOME is not set to a writable directory. The caches are off, and no module is downloaded. Set HOME to a writable directory, or set GOMODCACHE and GOCACHE.',
      ])
    },
  )

  test.each([
    [none, /because USERPROFILE or LocalAppData is not set .* Set USERPROFILE and LocalAppData to /],
    [{ ...usable, GOCACHE: '' }, /because LocalAppData is not set .* Set LocalAppData to /],
  ])('the warning names the variables of Windows there: %j', (env, text) => {
    expect(requirements(env, {}, 'win32').warnings).toEqual([expect.stringMatching(text)])
  })

  test.each([
    { dependencies: 'vendor' },
    { dependencies: 'download' },
    { offline: 'true' },
    { 'offline-check': './...' },
    { 'bundle-output': 'a.tar.zst' },
    { 'check-tidy': 'true' },
    { 'check-vendor': 'true' },
  ])('an explicit input fails: %j', (given) => {
    const [name] = Object.keys(given)
    const { problems, warnings } = requirements(none, given)
    expect(warnings).toEqual([])
    expect(problems).toMatchObject([{ what: expect.stringContaining(`\`${name}\` needs it`) }])
    expect(problems[0]?.fix).toContain('Set HOME')
  })
})

test.each([
  [usable, {}, 0],
  [{ ...usable, GOCACHE: 'off' }, {}, 1],
  [{ ...usable, GOCACHE: 'off' }, { cache: 'false' }, 0],
  [{ ...usable, GOCACHE: 'off' }, { offline: 'true' }, 1],
  [{}, {}, 0],
])('%j with %j gives %d warnings', (env, given, count) => {
  const { problems, warnings } = requirements(env, given)
  expect(problems).toEqual([])
  expect(warnings).toHaveLength(count)
  expect(planDependencies({ dependencies: 'auto' }, roots, hasModuleCache({ env }))[0]?.action).toBe(
    'download',
  )
})
