import { describe, expect, test } from 'vitest'
import { problemText } from '../../src/errors.ts'
import type { BundleSource } from '../../src/gocmd/plan-env.ts'
import type { ChecksumDatabase } from '../../src/gosettings/gosumdb.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import {
  environmentFile,
  offlineProblems,
  planOffline,
  planOfflineToolchain,
  toolchainVariables,
  withoutDatabaseBypass,
} from '../../src/offline/plan.ts'
import { environmentWarnings } from '../../src/validate/environment.ts'

const bundle: BundleSource = { url: 'file:///temp/bundle', toolchains: [], sumdb: [] }

const usual: ChecksumDatabase = { key: 'sum.example.com', hasAddress: false }

function plan(
  given: Readonly<Record<string, string>>,
  existing: Readonly<Record<string, string>> = {},
  from?: BundleSource,
  database: ChecksumDatabase | undefined = usual,
) {
  const inputs = readInputs(
    Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  ).inputs
  const value = (name: string) =>
    name === 'GOPROXY' && inputs.goproxy !== '' ? inputs.goproxy : (existing[name] ?? '')
  const planned = planOffline(inputs, value, from, database)
  const values = (all: typeof planned.changes) => Object.fromEntries(all.map((one) => [one.name, one.value]))
  return {
    ...planned,
    sealed: values(planned.changes),
    own: values(planned.forThisStep),
    problems: offlineProblems(inputs, existing.GOFLAGS ?? '').map(problemText),
  }
}

const closed = { GOPROXY: 'off', GONOPROXY: 'none', GONOSUMDB: '*', GOVCS: '*:off' }

describe('planOffline', () => {
  test('changes nothing without `offline`', () => {
    expect(plan({}, { GOFLAGS: '-mod=mod', GOPROXY: 'https://proxy.example.com' })).toMatchObject({
      mode: 'false',
      check: [],
      fetches: true,
      own: {},
      problems: [],
    })
  })

  test('`true` closes both leaks of GOPROXY=off for later steps, and lets this step download', () => {
    const planned = plan({ offline: 'true' }, { GOPRIVATE: 'a.com', GONOPROXY: 'b.com', GONOSUMDB: 'c.com' })
    expect(planned).toMatchObject({ sealed: closed, own: {}, fetches: true, source: 'off' })
  })

  test('`strict` closes them for this step as well, which then asks no checksum database about a Go either', () => {
    expect(plan({ offline: 'strict' })).toMatchObject({
      sealed: closed,
      own: { ...closed, GOSUMDB: 'sum.example.com file:///dev/null' },
      fetches: false,
    })
    const gosumdb = (database: ChecksumDatabase | undefined) =>
      planOffline(
        readInputs({ INPUT_OFFLINE: 'strict' }).inputs,
        () => '',
        undefined,
        database,
      ).forThisStep.find(({ name }) => name === 'GOSUMDB')?.value
    expect(gosumdb({ key: 'sum.example.com+1a2b3c4d+AbCd', hasAddress: true })).toBe(
      'sum.example.com+1a2b3c4d+AbCd file:///dev/null',
    )
    expect(gosumdb({ key: 'off', hasAddress: false })).toBeUndefined()
    expect(gosumdb(undefined)).toBeUndefined()
  })

  test.each(['true', 'strict'])('with a bundle, `%s` takes modules from it only', (offline) => {
    const inside = { ...closed, GOPROXY: 'file:///temp/bundle' }
    expect(plan({ offline }, { GOPROXY: 'https://proxy.example.com' }, bundle)).toMatchObject({
      sealed: inside,
      own: inside,
      fetches: true,
      source: 'file:///temp/bundle',
    })
  })

  test('a bundle with the checksum database is asked, unless the database has its own address or is another one', () => {
    const { GONOSUMDB: _, ...asked } = { ...closed, GOPROXY: bundle.url }
    const holding = { ...bundle, sumdb: ['sum.example.com'] }
    const planFor = (database?: ChecksumDatabase) => plan({ offline: 'true' }, {}, holding, database).sealed
    expect(planFor()).toEqual(asked)
    expect(planFor({ key: 'sum.example.com+1a2b3c4d+AbCd', hasAddress: false })).toEqual(asked)
    expect(planFor({ ...usual, hasAddress: true }).GONOSUMDB).toBe('*')
    expect(planFor({ ...usual, key: 'other.example.com' }).GONOSUMDB).toBe('*')
    const { changes } = planOffline(
      readInputs({ INPUT_OFFLINE: 'true' }).inputs,
      () => '',
      holding,
      undefined,
    )
    expect(changes.some(({ name }) => name === 'GONOSUMDB')).toBe(true)
  })

  test.each([
    ['file:///srv/modules', 'file:///srv/modules'],
    ['file:///srv/modules,off', 'file:///srv/modules'],
    ['file:///D:/my%20modules|off', 'file:///D:/my%20modules'],
    ['off', 'off'],
    ['file:///srv/a,file:///srv/b', 'off'],
    ['file:///srv/a,direct', 'off'],
    ['https://proxy.example.com', 'off'],
    ['', 'off'],
  ])('GOPROXY=%s leaves an offline job with %s', (GOPROXY, source) => {
    expect(plan({ offline: 'true' }, { GOPROXY }).sealed.GOPROXY).toBe(source)
  })

  test.each([
    [
      { offline: 'true', goproxy: 'https://me:secret@proxy.example.com' },
      {},
      /`goproxy` is "https:\/\/\*\*\*@proxy.*`offline: true`.*env:/,
    ],
    [
      { offline: 'strict', goproxy: 'https://proxy.example.com,off' },
      {},
      /`offline: strict`.*Remove `goproxy`/,
    ],
    [{ offline: 'true', goproxy: 'file:///a,direct' }, {}, /Allowed: `off`, or one `file:\/\/` address/],
    [{ offline: 'true' }, { GOFLAGS: '-v -mod=mod' }, /GOFLAGS holds -mod=mod.*`offline`/],
    [{ 'offline-check': 'true' }, { GOFLAGS: '-mod=mod' }, /with `offline-check`/],
  ])('rejects %j when %j is set', (given, existing, message) => {
    const { problems } = plan(given as Record<string, string>, existing as Record<string, string>)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(message)
  })

  test.each([
    [{ offline: 'true', goproxy: 'off' }, {}],
    [{ offline: 'strict', goproxy: 'file:///srv/modules' }, {}],
    [{ 'offline-check': 'true', goproxy: 'https://proxy.example.com' }, {}],
    [{ offline: 'true' }, { GOPROXY: 'https://proxy.example.com', GOFLAGS: '-mod=vendor' }],
  ])('accepts %j when %j is set', (given, existing) => {
    expect(plan(given as Record<string, string>, existing as Record<string, string>).problems).toEqual([])
  })

  test('the checksum database stays in force if go.sum may miss lines', () => {
    const { changes } = planOffline(readInputs({ INPUT_OFFLINE: 'true' }).inputs, () => '', undefined, usual)
    expect(withoutDatabaseBypass(changes).map(({ name }) => name)).toEqual(['GOPROXY', 'GONOPROXY', 'GOVCS'])
  })
})

describe('the Go of an offline job', () => {
  const module = 'golang.org/toolchain@v0.0.1-go1.26.1.linux-amd64'
  const go = { version: 'go1.26.1', local: 'go1.25.0', setting: 'auto', module, isInCache: true }
  test.each([
    ['the one on PATH', { ...go, local: 'go1.26.1', module: '' }, undefined, 'local', false],
    ['the one in GOMODCACHE, put on PATH', go, undefined, 'local', true],
    ['the one in the bundle', go, { ...bundle, toolchains: [module] }, 'go1.26.1', false],
    ['one that only PATH may provide', { ...go, isInCache: false }, undefined, 'go1.26.1+path', false],
    ['the one of GOTOOLCHAIN=path', { ...go, setting: 'path', module: '' }, undefined, undefined, false],
  ])('is %s', (_, facts, from, gotoolchain, onPath) => {
    const planned = planOfflineToolchain(facts, from)
    expect(planned).toMatchObject({ gotoolchain, onPath })
    expect(toolchainVariables(planned).map(({ value }) => value)).toEqual(
      gotoolchain === undefined ? [] : [gotoolchain],
    )
  })
})

describe('the env file', () => {
  test('reads the same in a shell and for docker, because addresses are escaped', () => {
    const odd = { ...bundle, url: "file:///temp/a b/(c)'$d;é" }
    const { changes } = planOffline(readInputs({ INPUT_OFFLINE: 'true' }).inputs, () => '', odd, usual)
    expect(environmentFile(changes)).toBe(
      'GOPROXY=file:///temp/a%20b/%28c%29%27%24d%3B%C3%A9\nGONOPROXY=none\nGONOSUMDB=*\nGOVCS=*:off\n',
    )
  })

  test('rejects values that would need quotes', () => {
    expect(() => environmentFile([{ name: 'GOFLAGS', value: '-ldflags=-s -w' }])).toThrow(
      'GOFLAGS needs quotes',
    )
  })
})

test('an offline job gets no warnings about its own offline settings', () => {
  const settings = { GOPROXY: 'off', GONOSUMDB: '*' } as Readonly<Record<string, string>>
  expect(environmentWarnings((name) => settings[name] ?? '', 'go1.26.8', [])).toEqual([])
  expect(environmentWarnings((name) => (name === 'GONOSUMDB' ? '*' : ''), 'go1.26.8', [])).toHaveLength(1)
})
