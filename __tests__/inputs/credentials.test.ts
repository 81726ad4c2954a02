import { describe, expect, test } from 'vitest'
import { credentialSecrets, readCredentials } from '../../src/inputs/credentials.ts'

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

  test('reads several, with blank lines and comments, and any line endings', () => {
    const { credentials, linesWithoutSecret, faults } = readCredentials(
      '# ours\r\na.example t1\r\n\r\n  b.example  u  t2  \nc.example\rd.example t3',
    )
    expect(credentials.map(({ host, password }) => `${host} ${password}`)).toEqual([
      'a.example t1',
      'b.example t2',
      'd.example t3',
    ])
    expect([linesWithoutSecret, faults]).toEqual([[5], []])
  })

  test('without a secret is reported, and its text never appears', () => {
    const empty = ['github.com', 'github.com ', 'github.com me ', 'glpat-secret.01.1a2b', '  a.example  u  ']
    expect(readCredentials(empty.join('\n'))).toEqual({
      credentials: [],
      linesWithoutSecret: [1, 2, 3, 4, 5],
      faults: [],
    })
    expect(readCredentials('a.example/b bearer:\n\na.example BEARER: \na.example bearer:\t')).toEqual({
      credentials: [],
      linesWithoutSecret: [1, 3, 4],
      faults: [],
    })
  })

  test('with a bearer token for Go may accompany one for git for the same host', () => {
    const { credentials, faults } = readCredentials('a.example t1\na.example bearer: t2')
    expect(credentials.map(({ user, line }) => [user, line])).toEqual([
      ['x-access-token', 1],
      [undefined, 2],
    ])
    expect(faults).toEqual([])
    expect(readCredentials('a.example bearer: t1\nA.example/ bearer: t2').faults).toEqual([
      'line 2 names a host and path that an earlier line names',
    ])
  })

  test.each([
    ['http://github.com secret', 'line 1 begins with http:, but credentials are sent only over https'],
    ['x-access-token:secret@github.com', 'line 1 has an @ in its first word, which must be a host'],
    [
      'ssh://git@github.com secret',
      'line 1 begins with an ssh address, but credentials are for https: use `ssh-private-key`',
    ],
    [
      'git@github.com:acme secret',
      'line 1 begins with an ssh address, but credentials are for https: use `ssh-private-key`',
    ],
    ['a.example bearer:secret more', 'line 1 has a blank in the token after `bearer:`'],
    ['a.example bearer: secret more', 'line 1 has a blank in the token after `bearer:`'],
    [
      'a.example Bearer secret',
      'line 1 has the user "bearer": write a bearer token as `bearer:TOKEN`, with a colon',
    ],
    ['a.example me:secret secret', 'line 1 has a user with a colon, which HTTP does not allow'],
    ['secret\na.example secret', 'line 1 does not begin with a host'],
    ['ghp_secret', 'line 1 does not begin with a host'],
    ['ghp_secret github.com', 'line 1 does not begin with a host'],
    ['a.example u secret more', 'line 1 has 4 words'],
    ['a.example/b*c secret', 'line 1 has an invalid path'],
    ['a.example secret\nA.example/ secret', 'line 2 names a host and path that an earlier line names'],
  ])('rejects %j, and its text never appears', (text, fault) => {
    const { faults } = readCredentials(text)
    expect(faults).toEqual([fault])
    expect(faults.join()).not.toContain('secret')
  })
})

describe('in another notation is reported with a specific message, and its text never appears', () => {
  test.each([
    ['a.example: hush', /colon after its host.*`HOST TOKEN`/],
    ['a.example:hush', /colon after its host/],
    ['a.example/team: hush', /colon after its host/],
    ['a.example=hush', /joins host and secret with a sign/],
    ['a.example = hush', /joins host and secret with a sign/],
    ['a.example => hush', /joins host and secret with a sign/],
    ['a.example : hush', /joins host and secret with a sign/],
    ['"a.example hush"', /has quotes/],
    ['a.example "hush"', /has quotes/],
    ["a.example me 'hush'", /has quotes/],
    ['a.example/acme/* hush', /`\*` in its path: remove it/],
    ['a.example/** hush', /`\*` in its path/],
    ['*.example hush', /`\*` in its host: write one line per host/],
    ['https://*.example hush', /`\*` in its host/],
    ['a.example x-access-token:hush', /colon in its token: write `HOST USER SECRET`/],
    ['a.example oauth2:hush', /colon in its token/],
    ['x-access-token:hush', /does not begin with a host, but with a word and a colon/],
    ['machine a.example login me password hush', /netrc/],
    ['{"a.example": "hush"}', /is JSON/],
    ['["a.example hush"]', /is JSON/],
    ['- a.example hush', /begins with a dash/],
    ['a.example ${{ secrets.SECRET }}', /expression that was not evaluated/],
    ['a.example $SECRET', /has a shell variable/],
    ['a.example me ${SECRET}', /has a shell variable/],
    ['a.example ***', /asterisks/],
    ['a.example Basic c2VjcmV0', /user "basic"/],
    ['a.example, hush', /separator after its host/],
    ['a.example\u00a0hush', /invisible character/],
  ])('%j', (text, fault) => {
    const { credentials, faults } = readCredentials(`b.example t\n${text}`)
    expect(faults).toEqual([expect.stringMatching(fault)])
    expect(faults[0]).toMatch(/^line 2 /)
    expect(faults.join()).not.toContain('hush')
    expect(faults.join()).not.toMatch(/c2VjcmV0/)
    expect(credentials).toHaveLength(1)
  })

  test.each([
    ['a.example ghp_0123456789 ', 'ghp_0123456789'],
    ['a.example glpat-abcdef\t', 'glpat-abcdef'],
    ['a.example github_pat_1A ', 'github_pat_1A'],
    ['a.example me to:ken', 'to:ken'],
    ['a.example:8443 token=', 'token='],
    ['localhost:8080 a$b', 'a$b'],
    ["a.example it's", "it's"],
    ['a.example -token', '-token'],
  ])('accepts %j', (text, password) => {
    expect(readCredentials(text)).toMatchObject({
      credentials: [{ password }],
      linesWithoutSecret: [],
      faults: [],
    })
  })
})

test('masks every form of a secret: raw, as base64 with and without its user, percent-encoded', () => {
  const secret = { host: 'a.example', path: '', user: 'u', password: 'p+/=', line: 1 }
  const alone = ['p+/=', 'p%2B%2F%3D', 'cCsvPQ==']
  expect(credentialSecrets([secret])).toEqual(expect.arrayContaining([...alone, 'dTpwKy89']))
  expect(credentialSecrets([{ ...secret, user: undefined }])).toEqual(expect.arrayContaining(alone))
  expect(credentialSecrets([{ ...secret, password: 'x' }])).toEqual(['x'])
})
