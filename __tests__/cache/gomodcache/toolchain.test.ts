import { describe, expect, test } from 'vitest'
import { planToolchainCache } from '../../../src/cache/gomodcache/toolchain.ts'
import { problemText } from '../../../src/errors.ts'
import { readInputs } from '../../../src/inputs/inputs.ts'
import { planGoRequirements } from '../../../src/validate/go-version.ts'
import { root } from '../../gofiles/root.ts'

const goModFor = (go: string) => `module example.com/app\n\ngo ${go}\n\nrequire example.com/a v1.0.0\n`
const goCommand = (toolchainSetting = 'auto', version = 'go1.26.1') => ({
  env: { GOVERSION: version, GOHOSTOS: 'darwin', GOHOSTARCH: 'arm64', GOMODCACHE: '/m' },
  compiler: '',
  toolchainSetting,
})
const inputs = { ...readInputs({}).inputs }

describe('planToolchainCache', () => {
  const lookup = { settings: () => '', offlineSource: '' }
  const plan = (go: string, setting?: string) =>
    planToolchainCache(inputs, { roots: [root({ goMod: goModFor(go) })], go: goCommand(setting) }, lookup)

  test('has a key of the version, system and architecture of the Go that go.mod requires', () => {
    const { plan: planned, name } = plan('1.27.2')
    expect(name).toBe('golang.org/toolchain@v0.0.1-go1.27.2.darwin-arm64')
    expect(planned.wanted && planned.key.full).toBe('godeps.toolchain.v1-go1.27.2-darwin-arm64')
    expect(planned.wanted && planned.key.fallbacks).toEqual([])
  })

  test.each([
    ['1.26.0', 'auto'],
    ['1.27.2', 'local'],
    ['1.27.2', 'path'],
    ['1.27.2', 'go1.26.1+path'],
  ])('downloads nothing for go %s with GOTOOLCHAIN=%s', (go, setting) => {
    expect(plan(go, setting)).toMatchObject({ plan: { wanted: false }, name: '' })
  })

  test('downloads the Go that GOTOOLCHAIN itself requires', () => {
    expect(plan('1.20', 'go1.25.3').name).toBe('golang.org/toolchain@v0.0.1-go1.25.3.darwin-arm64')
  })
})

describe('planToolchainCache, when Go would not ask the checksum database', () => {
  const facts = { roots: [root({ goMod: goModFor('1.27.2') })], go: goCommand() }
  const planned = (
    set: Readonly<Record<string, string>>,
    { offlineSource = '', bundle = '', known = facts, goproxy = '' } = {},
  ) => {
    const go = { ...known.go, env: { ...known.go.env, GOPROXY: goproxy } }
    return planToolchainCache(
      { ...inputs, bundle },
      { ...known, go },
      { settings: (name) => set[name] ?? '', offlineSource },
    ).plan
  }

  test.each([
    ['GOPROXY', 'file:///srv/modules', 'GOPROXY is one folder'],
    ['GOPROXY', 'file:///srv/modules,off', 'GOPROXY is one folder'],
    ['GOPROXY', 'off|file:///srv/modules', 'GOPROXY is one folder'],
    ['GOPROXY', 'FILE:///srv/modules', 'GOPROXY is one folder'],
    ['GOSUMDB', 'off', 'GOSUMDB is off'],
    ['GONOSUMDB', '*', 'GONOSUMDB is "*"'],
    ['GONOSUMDB', 'example.com,golang.org', 'GONOSUMDB is "example.com,golang.org"'],
    ['GONOSUMDB', 'golang.org/toolchain', 'GONOSUMDB is'],
    ['GONOSUMDB', 'golang.org/t*', 'GONOSUMDB is'],
    ['GOPRIVATE', '*.org', 'GOPRIVATE is "*.org"'],
    ['GOPRIVATE', 'example.com, golang.org/', 'GOPRIVATE is'],
    ['GOINSECURE', 'golang.org', 'GOINSECURE is'],
    ['GONOSUMCHECK', 'golang.org', 'GONOSUMCHECK is'],
    ['GONOSUMCHECK', '1', 'GONOSUMCHECK is "1"'],
    ['GIT_HTTP_USER_AGENT', 'git/2 (golang.org)', 'GIT_HTTP_USER_AGENT names'],
  ])('%s=%s: neither restores nor saves', (name, value, why) => {
    expect(planned({ [name]: value })).toEqual({ wanted: false, why: expect.stringContaining(why) })
  })

  test('neither restores nor saves with a bundle, an offline directory, GOPROXY from go env, or a go.sum that names Go', () => {
    const off = (why: string) => ({ wanted: false, why: `the toolchain could not be verified: ${why}` })
    expect(planned({}, { bundle: 'modules.bundle' })).toEqual(
      off('with `bundle`, Go may use a toolchain from a folder'),
    )
    expect(planned({}, { offlineSource: 'file:///srv/modules' })).toEqual(off('GOPROXY is one folder'))
    expect(planned({}, { goproxy: 'file:///srv/modules' })).toEqual(off('GOPROXY is one folder'))
    const goSum = 'golang.org/toolchain v0.0.1-go1.27.2.darwin-arm64 h1:AAAA=\n'
    const known = { ...facts, roots: [root({ goMod: goModFor('1.27.2'), goSum })] }
    expect(planned({}, { known })).toEqual(off('go.sum names golang.org/toolchain'))
  })

  test.each([
    ['GOPROXY', 'https://proxy.example.com,file:///srv/modules'],
    ['GOPROXY', 'file:///srv/modules,https://proxy.example.com'],
    ['GOPROXY', 'off'],
    ['GONOSUMDB', 'example.com,golang.org/x'],
    ['GONOSUMDB', 'none'],
    ['GONOSUMCHECK', 'example.com'],
    ['GOINSECURE', 'example.com'],
    ['GOSUMDB', 'sumdb.example.com+00000000+AAAA'],
    ['GIT_HTTP_USER_AGENT', 'git/2.50'],
  ])('%s=%s: restores and saves, because Go asks', (name, value) => {
    expect(planned({ [name]: value }).wanted).toBe(true)
  })
  // An offline job compares with the database answers in its entry.
  test('an offline job without a directory has a toolchain entry', () => {
    expect(planned({}, { offlineSource: 'off', goproxy: 'off' }).wanted).toBe(true)
  })
})

describe('planGoRequirements', () => {
  const problems = (go: string, setting: string, version?: string) =>
    planGoRequirements({
      inputs,
      roots: [root({ goMod: goModFor(go) })],
      go: goCommand(setting, version),
    }).problems

  test('reports a go line that is too new for the Go that may run, with file and line', () => {
    const [problem] = problems('1.27.2', 'local')
    expect(problem).toMatchObject({ file: 'go.mod', line: 3 })
    expect(problem === undefined ? '' : problemText(problem)).toMatch(
      /go\.mod requires Go 1\.27\.2 or newer, but this job uses go1\.26\.1.*`go-version`.*`gotoolchain: auto`/,
    )
  })

  test.each([
    ['1.27.2', 'auto', 'go1.26.1'],
    ['1.26.1', 'local', 'go1.26.1'],
    ['1.27', 'local', 'go1.20.3'],
  ])('accepts go %s with GOTOOLCHAIN=%s and %s', (go, setting, version) => {
    expect(problems(go, setting, version)).toEqual([])
  })

  test('reports a vendored workspace with a Go before 1.22', () => {
    const workspace = { ...root({ goMod: goModFor('1.20') }), goWork: { use: ['.'], replace: [] } }
    const requirements = (version: string) =>
      planGoRequirements({
        inputs: { ...inputs, dependencies: 'vendor' },
        roots: [workspace],
        go: goCommand('local', version),
      }).problems.map(problemText)
    expect(requirements('go1.21.13')).toEqual([expect.stringMatching(/go work vendor.*Go 1\.22/)])
    expect(requirements('go1.22.0')).toEqual([])
  })

  test('checks modules without go commands only if there is exactly one', () => {
    const roots = [root({ goMod: goModFor('1.26.1') }), root({ goMod: goModFor('1.27.2') })]
    const count = (dependencies: 'auto' | 'none', given: typeof roots) =>
      planGoRequirements({ inputs: { ...inputs, dependencies }, roots: given, go: goCommand('local') })
        .problems.length
    expect(count('auto', roots)).toBe(1)
    expect(count('none', roots)).toBe(0)
    expect(count('none', roots.slice(1))).toBe(1)
  })

  test('reports -mod=vendor for a module without vendor directory', () => {
    const problemsOf = (given: ReturnType<typeof root>, dependencies: 'auto' | 'vendor' | 'none' = 'auto') =>
      planGoRequirements({
        inputs: { ...inputs, dependencies },
        roots: [given],
        go: { ...goCommand(), env: { ...goCommand().env, GOFLAGS: '-trimpath -mod=vendor' } },
      }).problems.map(problemText)
    expect(problemsOf(root())).toEqual([expect.stringMatching(/-mod=vendor, but \. has no vendor directory/)])
    expect(problemsOf(root(), 'vendor')).toEqual([])
    expect(problemsOf(root(), 'none')).toEqual([])
    expect(problemsOf(root({ vendored: true }))).toEqual([])
    expect(problemsOf(root({ goMod: 'module example.com/app\n', goSum: '' }))).toEqual([])
  })

  test('reports GO111MODULE=off where modules are needed', () => {
    const go = { ...goCommand(), env: { ...goCommand().env, GO111MODULE: 'off' } }
    const problemsOf = (dependencies: 'auto' | 'none') =>
      planGoRequirements({ inputs: { ...inputs, dependencies }, roots: [root()], go }).problems.map(
        problemText,
      )
    expect(problemsOf('auto')).toEqual([expect.stringMatching(/GO111MODULE is "off"/)])
    expect(problemsOf('none')).toEqual([])
  })

  test('warns before Go 1.24 that goauth has no effect', () => {
    const warnings = (version: string) =>
      planGoRequirements({
        inputs: { ...inputs, goauth: 'netrc' },
        roots: [],
        go: goCommand('local', version),
      }).warnings
    expect(warnings('go1.23.9')).toEqual([expect.stringContaining('`goauth` has no effect')])
    expect(warnings('go1.24.0')).toEqual([])
  })
})
