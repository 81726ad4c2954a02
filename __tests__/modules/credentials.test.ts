import { describe, expect, test } from 'vitest'
import { credentialSecrets, readCredentials } from '../../src/modules/settings/credentials.ts'

const one = (text: string) => readCredentials(text).credentials[0]

describe('a line', () => {
  test.each([
    ['github.com abc', { host: 'github.com', path: '', user: 'x-access-token', password: 'abc', line: 1 }],
    [
      'GitHub.com/acme abc',
      { host: 'github.com', path: 'acme', user: 'x-access-token', password: 'abc', line: 1 },
    ],
    [
      'https://git.example.com/team/sub/ abc',
      { host: 'git.example.com', path: 'team/sub', user: 'x-access-token', password: 'abc', line: 1 },
    ],
    ['gitlab.com abc', { host: 'gitlab.com', path: '', user: 'oauth2', password: 'abc', line: 1 }],
    [
      'gitlab.example.com:8443 abc',
      { host: 'gitlab.example.com:8443', path: '', user: 'oauth2', password: 'abc', line: 1 },
    ],
    [
      'bitbucket.org abc',
      { host: 'bitbucket.org', path: '', user: 'x-token-auth', password: 'abc', line: 1 },
    ],
    [
      'proxy.example.com:8443/go me secret',
      { host: 'proxy.example.com:8443', path: 'go', user: 'me', password: 'secret', line: 1 },
    ],
    [
      'proxy.example.com/go bearer:abc',
      { host: 'proxy.example.com', path: 'go', user: undefined, password: 'abc', line: 1 },
    ],
    [
      'proxy.example.com Bearer: abc',
      { host: 'proxy.example.com', path: '', user: undefined, password: 'abc', line: 1 },
    ],
    ['localhost\tme\tp:@/#ss', { host: 'localhost', path: '', user: 'me', password: 'p:@/#ss', line: 1 }],
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
    expect(readCredentials('a.example/b bearer:\n\na.example BEARER: \na.example bearer:\t')).toEqual({
      credentials: [],
      lacking: [1, 3, 4],
      faults: [],
    })
  })

  test('with a bearer token for Go stands beside one for git, for the same host', () => {
    const { credentials, faults } = readCredentials('a.example t1\na.example bearer: t2')
    expect(credentials.map(({ user, line }) => [user, line])).toEqual([
      ['x-access-token', 1],
      [undefined, 2],
    ])
    expect(faults).toEqual([])
    expect(readCredentials('a.example bearer: t1\nA.example/ bearer: t2').faults).toEqual([
      'line 2 names a host and path that a line before has named',
    ])
  })

  test.each([
    ['http://github.com secret', 'line 1 begins with http:, and credentials go over https only'],
    ['x-access-token:secret@github.com', 'line 1 has an @ in its first word, which is to be a host'],
    [
      'ssh://git@github.com secret',
      'line 1 begins with an ssh address, and credentials are for https: ssh takes a key',
    ],
    [
      'git@github.com:acme secret',
      'line 1 begins with an ssh address, and credentials are for https: ssh takes a key',
    ],
    ['a.example bearer:secret more', 'line 1 has a blank in what follows `bearer:`'],
    ['a.example bearer: secret more', 'line 1 has a blank in what follows `bearer:`'],
    [
      'a.example Bearer secret',
      'line 1 has the user "bearer": a bearer token stands behind `bearer:`, with a colon',
    ],
    ['a.example me:secret secret', 'line 1 has a user with a colon, which HTTP does not allow'],
    ['secret\na.example secret', 'line 1 does not begin with a host'],
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
  const secret = { host: 'a.example', path: '', user: 'u', password: 'p+/=', line: 1 }
  const alone = ['p+/=', 'p%2B%2F%3D', 'cCsvPQ==']
  expect(credentialSecrets([secret])).toEqual(expect.arrayContaining([...alone, 'dTpwKy89']))
  expect(credentialSecrets([{ ...secret, user: undefined }])).toEqual(expect.arrayContaining(alone))
  expect(credentialSecrets([{ ...secret, password: 'x' }])).toEqual(['x'])
})
