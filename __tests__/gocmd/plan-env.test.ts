import { describe, expect, test } from 'vitest'
import { problemText } from '../../src/errors.ts'
import { planEnvironment } from '../../src/gocmd/plan-env.ts'
import { readInputs } from '../../src/inputs/inputs.ts'

const none = readInputs({}).inputs
function plan(
  given: Partial<typeof none>,
  existing: Readonly<Record<string, string>> = {},
  choosesGo = false,
) {
  const planned = planEnvironment({ ...none, ...given }, (name) => existing[name] ?? '', choosesGo)
  return {
    values: Object.fromEntries(planned.changes.map(({ name, value }) => [name, value])),
    shown: Object.fromEntries(planned.changes.map(({ name, shown }) => [name, shown])),
    why: Object.fromEntries(planned.changes.map(({ name, why }) => [name, why])),
    problems: planned.problems.map(problemText),
  }
}

describe('planEnvironment', () => {
  test('changes nothing without inputs, whatever is set', () => {
    expect(
      plan({}, { GOPROXY: 'https://proxy.example.com', GOFLAGS: '-v', GOPRIVATE: 'a.com' }).values,
    ).toEqual({})
  })

  test('an input replaces the existing value', () => {
    const inputs = {
      goproxy: 'https://proxy.example.com,direct',
      gosumdb: 'off',
      govcs: 'public:git',
      gotoolchain: 'local',
    }
    expect(plan(inputs, { GOPROXY: 'off', GOSUMDB: 'x' }).values).toEqual({
      GOPROXY: 'https://proxy.example.com,direct',
      GOSUMDB: 'off',
      GOVCS: 'public:git',
      GOTOOLCHAIN: 'local',
    })
  })

  test('appends patterns to the existing ones, and `none` replaces them', () => {
    expect(plan({ goprivate: 'b.com' }, { GOPRIVATE: 'a.com' }).values).toEqual({ GOPRIVATE: 'a.com,b.com' })
    expect(plan({ goprivate: 'none' }, { GOPRIVATE: 'a.com' }).values).toEqual({ GOPRIVATE: 'none' })
  })

  test.each([
    [{ gonoproxy: 'b.com' }, { GOPRIVATE: 'a.com' }, { GONOPROXY: 'a.com,b.com' }],
    [{ gonosumdb: 'b.com' }, { GOPRIVATE: 'a.com' }, { GONOSUMDB: 'a.com,b.com' }],
    [{ goprivate: 'a.com', gonoproxy: 'b.com' }, {}, { GOPRIVATE: 'a.com', GONOPROXY: 'a.com,b.com' }],
    [{ goprivate: 'a.com', gonoproxy: 'none' }, {}, { GOPRIVATE: 'a.com', GONOPROXY: 'none' }],
    [{ goprivate: 'a.com' }, { GONOPROXY: 'b.com' }, { GOPRIVATE: 'a.com', GONOPROXY: 'b.com,a.com' }],
    [{ goprivate: 'a.com' }, { GONOPROXY: 'none' }, { GOPRIVATE: 'a.com' }],
    [{ gonoproxy: 'b.com' }, { GONOPROXY: 'c.com', GOPRIVATE: 'a.com' }, { GONOPROXY: 'c.com,b.com' }],
  ])('%j with %j set keeps private modules private: %j', (inputs, existing, values) => {
    expect(plan(inputs, existing as Record<string, string>).values).toEqual(values)
  })

  test('merges GOFLAGS, and the input wins over the same flag', () => {
    expect(plan({ goflags: '-tags=a' }, { GOFLAGS: '-trimpath -tags=b' }).values).toEqual({
      GOFLAGS: '-trimpath -tags=a',
    })
  })

  test('dependencies: vendor adds -mod=vendor in place of another -mod', () => {
    expect(plan({ dependencies: 'vendor' }, { GOFLAGS: '-mod=mod -trimpath' }).values).toEqual({
      GOFLAGS: '-trimpath -mod=vendor',
    })
    expect(plan({ dependencies: 'vendor' }).why.GOFLAGS).toBe('`dependencies: vendor`')
  })

  test('rejects another -mod in `goflags` with dependencies: vendor', () => {
    const { problems } = plan({ dependencies: 'vendor', goflags: '-mod=mod' })
    expect(problems).toEqual([expect.stringMatching(/`goflags` has "-mod=mod".*needs "-mod=vendor"/)])
    expect(plan({ dependencies: 'vendor', goflags: '-mod=vendor' }).problems).toEqual([])
  })

  test('the requested Go runs whatever GOTOOLCHAIN is, unless the input sets it', () => {
    expect(plan({}, {}, true).values).toEqual({ GOTOOLCHAIN: 'local' })
    expect(plan({}, { GOTOOLCHAIN: 'go1.25.0+auto' }, true).values).toEqual({ GOTOOLCHAIN: 'local' })
    expect(plan({}, { GOTOOLCHAIN: 'local' }, true).values).toEqual({})
    expect(plan({ gotoolchain: 'auto' }, {}, true).values).toEqual({ GOTOOLCHAIN: 'auto' })
  })

  test('logged values contain no secret', () => {
    const { shown } = plan({
      goproxy: 'https://user:pa55word@proxy.example.com',
      goauth: '/bin/auth pa55word',
    })
    expect(JSON.stringify(shown)).not.toContain('pa55word')
    expect(shown.GOPROXY).toContain('proxy.example.com')
  })
})
