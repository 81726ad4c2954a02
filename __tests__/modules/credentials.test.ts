import { describe, expect, test } from 'vitest'
import { credentialSecrets, readCredentials } from '../../src/modules/settings/credentials.ts'

const one = (text: string) => readCredentials(text).credentials[0]

describe('a line', () => {
  test.each([
    ['github.com abc', { host: 'github.com', path: '', user: 'x-access-token', password: 'abc' }],
    ['GitHub.com/acme abc', { host: 'github.com', path: 'acme', user: 'x-access-token', password: 'abc' }],
    [
      'https://git.example.com/team/sub/ abc',
      { host: 'git.example.com', path: 'team/sub', user: 'x-access-token', password: 'abc' },
    ],
    ['gitlab.com abc', { host: 'gitlab.com', path: '', user: 'oauth2', password: 'abc' }],
    [
      'gitlab.example.com:8443 abc',
      { host: 'gitlab.example.com:8443', path: '', user: 'oauth2', password: 'abc' },
    ],
    ['bitbucket.org abc', { host: 'bitbucket.org', path: '', user: 'x-token-auth', password: 'abc' }],
    [
      'proxy.example.com:8443/go me secret',
      { host: 'proxy.example.com:8443', path: 'go', user: 'me', password: 'secret' },
    ],
    ['localhost\tme\tp:@/#ss', { host: 'localhost', path: '', user: 'me', password: 'p:@/#ss' }],
  ])('%s', (line, expected) => {
    expect(one(line)).toEqual(expected)
  })

  test('several, with blank ones and remarks between them, whatever ends them', () => {
    const { credentials, lacking, faults } = readCredentials(
      '# ours\r\na.example t1\r\n\r\n  b.example  u  t2  \nc.example\rd.example t3',
    )
    expect(credentials.map(({ host, password }) => `${host} ${password}`)).toEqual([
      'a.example t1',
      'b.example t2',
      'd.example t3',
    ])
    expect([lacking, faults]).toEqual([[5], []])
  })

  test('that ends where a secret should be lacks it, and nothing of it is told', () => {
    const empty = ['github.com', 'github.com ', 'github.com me ', 'glpat-secret.01.1a2b', '  a.example  u  ']
    expect(readCredentials(empty.join('\n'))).toEqual({
      credentials: [],
      lacking: [1, 2, 3, 4, 5],
      faults: [],
    })
  })

  test.each([
    ['http://github.com secret', 'line 1 begins with http:, and credentials go over https only'],
    ['x-access-token:secret@github.com', 'line 1 has an @ in its first word, which is to be a host'],
    ['ghp_secret', 'line 1 does not begin with a host'],
    ['ghp_secret github.com', 'line 1 does not begin with a host'],
    ['a.example u secret more', 'line 1 has 4 words'],
    ['a.example/b*c secret', 'line 1 has a path that is none'],
    ['a.example secret\nA.example/ secret', 'line 2 names a host and path that a line before has named'],
  ])('%j is none, and nothing of it is told', (text, fault) => {
    const { faults } = readCredentials(text)
    expect(faults).toEqual([fault])
    expect(faults.join()).not.toContain('secret')
  })
})

test('every form of a secret is known: raw, as base64 with and without its user, percent-encoded', () => {
  const secrets = credentialSecrets([{ host: 'a.example', path: '', user: 'u', password: 'p+/=' }])
  expect(secrets).toEqual(['p+/=', 'p%2B%2F%3D', 'cCsvPQ==', 'dTpwKy89'])
})
