import { expect, test } from 'vitest'
import { sshWarnings } from '../../src/validate/environment.ts'

const lint = (
  variables: Readonly<Record<string, string>>,
  ...addresses: readonly (readonly [string, string])[]
) =>
  sshWarnings(
    addresses.map(([host, path]) => ({ host, path })),
    (name) => variables[name] ?? '',
  )

test.each([
  ['github.com/acme/lib'],
  ['github.com/acme'],
  ['github.com/acme/*'],
  ['github.com/acme/lib/v2'],
  ['*.com'],
  ['*'],
  ['example.com, github.com/'],
])('%s covers a key for github.com/acme/lib, without a warning', (GOPRIVATE) => {
  expect(lint({ GOPRIVATE }, ['github.com', 'acme/lib'])).toEqual([])
})

test.each([[''], ['github.com/acme/other'], ['github.com/acm'], ['example.com'], ['none']])(
  '%j does not cover it, with a warning',
  (GOPRIVATE) => {
    expect(lint({ GOPRIVATE }, ['github.com', 'acme/lib'])).toEqual([
      expect.stringMatching(/key for github.com\/acme\/lib, which GOPRIVATE does not match: .*`goprivate`/),
    ])
  },
)

test('GONOPROXY wins over GOPRIVATE, and no warning appears without a proxy', () => {
  expect(
    lint({ GONOPROXY: 'git.example.com', GOPRIVATE: 'x.example' }, ['git.example.com:8443', '']),
  ).toEqual([])
  expect(lint({ GONOPROXY: 'none', GOPRIVATE: 'a.example' }, ['a.example', ''])).toHaveLength(1)
  expect(lint({ GOPROXY: 'direct' }, ['a.example', ''])).toEqual([])
})

test('the warning lists the first of many', () => {
  const names = [...'abcdefg'].map((name) => [`${name}.example`, ''] as const)
  expect(lint({}, ...names)[0]).toContain('e.example and 2 more, which')
})
