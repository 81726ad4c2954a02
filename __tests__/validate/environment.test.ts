import { describe, expect, test } from 'vitest'
import { parseGoSum } from '../../src/gofiles/go-sum.ts'
import { environmentWarnings } from '../../src/validate/environment.ts'

const lint = (variables: Readonly<Record<string, string>>, go = 'go1.26.8', goSum = '') =>
  environmentWarnings((name) => variables[name] ?? '', go, [parseGoSum(goSum, 'go.sum')])

test('a safe environment causes no warning', () => {
  const variables = {
    GOSUMDB: 'sum.example.com+0a1b2c3d+key',
    GOPRIVATE: 'git.example.com/*,,*.corp.example.com/',
    GONOPROXY: 'none',
    GOFLAGS: '-mod=readonly -trimpath',
    GO111MODULE: 'on',
    GOPROXY: 'https://proxy.example.com',
  }
  expect(lint(variables)).toEqual([])
  expect(lint({})).toEqual([])
})

test.each([
  [{ GONOSUMCHECK: '1' }, 'GONOSUMCHECK'],
  [{ GOSUMDB: 'off' }, 'GOSUMDB is off'],
  [{ GONOSUMDB: '*' }, 'every module'],
  [{ GONOSUMDB: 'example.com,*/*' }, 'every module'],
  [{ GOPRIVATE: '*' }, 'every module'],
  [{ GOFLAGS: '-trimpath -mod=mod' }, '-mod=mod'],
  [{ GOINSECURE: 'git.example.com' }, 'GOINSECURE is "git.example.com"'],
  [{ GIT_SSL_NO_VERIFY: 'false' }, 'GIT_SSL_NO_VERIFY'],
  [{ GO111MODULE: 'off' }, 'GO111MODULE'],
  [{ GOPRIVATE: 'https://github.com/acme' }, 'A pattern in GOPRIVATE may match nothing: element 1'],
  [{ GOPRIVATE: 'a.example.com, b.example.com' }, 'element 2 (" b.example.com") has a blank around it'],
  [{ GONOPROXY: 'github.com/acme/...' }, 'A pattern in GONOPROXY'],
  [{ GONOSUMDB: 'github.com,https://me:secret@b.example.com' }, 'element 2 ("https://***@b.example.com")'],
])('%j causes one warning by its name', (variables, text) => {
  const found = lint(variables as Record<string, string>)
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(text)
})

test('GONOSUMDB wins over GOPRIVATE, as for Go', () => {
  expect(lint({ GONOSUMDB: 'git.example.com', GOPRIVATE: '*' })).toEqual([])
})

describe('warns about a Go in which a proxy can bypass the checksum database', () => {
  test.each([
    ['go1.21.13', true],
    ['go1.24.99', true],
    ['go1.25.12', true],
    ['go1.25.13', false],
    ['go1.26.0', true],
    ['go1.26.5', true],
    ['go1.26.6', false],
    ['go1.26rc1', true],
    ['go1.27.0', false],
    ['go1.30.1', false],
    ['', false],
  ])('%s with a proxy: %s', (version, warns) => {
    expect(lint({ GOPROXY: 'https://proxy.example.com,direct' }, version).length).toBe(warns ? 1 : 0)
  })

  test.each(['', 'off', 'direct', 'file:///modules'])('does not warn with GOPROXY %j', (goproxy) => {
    expect(lint({ GOPROXY: goproxy }, 'go1.21.13')).toEqual([])
  })
})

describe('warns about a Go that trusts go.sum for Go itself', () => {
  const proxied = { GOPROXY: 'https://proxy.example.com' }
  const line = (name: string) => `${name} v0.0.1-go1.26.9.linux-amd64 h1:AAAA\n`

  test.each([
    ['go1.25.14', true],
    ['go1.26.8', true],
    ['go1.26.9', false],
    ['go1.27.1', true],
    ['go1.27.2', false],
    ['go1.28.0', false],
    ['', false],
  ])('%s with the toolchain in go.sum: %s', (version, warns) => {
    const found = lint(proxied, version, line('golang.org/toolchain'))
    expect(found.length).toBe(warns ? 1 : 0)
    if (warns) expect(found[0]).toContain('go.sum names golang.org/toolchain,')
  })

  test('warns for both of its modules, and only if a proxy can exploit it', () => {
    const both = line('golang.org/toolchain') + line('golang.org/fips140')
    expect(lint(proxied, 'go1.26.8', both)[0]).toContain('golang.org/toolchain and golang.org/fips140')
    expect(lint(proxied, 'go1.26.8', line('golang.org/x/mod'))).toEqual([])
    expect(lint({ GOPROXY: 'off' }, 'go1.26.8', both)).toEqual([])
  })
})
