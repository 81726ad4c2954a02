import { expect, test } from 'vitest'
import { credentialRequirements, insecureServerProblems } from '../../src/auth/checks.ts'
import { problemText } from '../../src/errors.ts'
import { readCredentials } from '../../src/inputs/credentials.ts'

const lines = [
  'git.example.com bearer: secret',
  'proxy.example.com:8443/api/go me secret',
  'proxy.example.com/api me secret',
  'proxy.example.com:8443 me secret',
]
const { credentials } = readCredentials(lines.join('\n'))
const proxies = 'https://proxy.example.com:8443/api/go|https://me:pw@Proxy.example.com/api,direct'

test('reports a bearer token before Go 1.24, and a proxy path that an older Go ignores', () => {
  const { problems, warnings } = credentialRequirements(credentials, 'go1.23.12', proxies)
  expect(problems.map(problemText)).toEqual([
    'Input `credentials` has a bearer token in line 1, but go1.23.12 cannot send it. Use Go 1.24 or newer, or a user and a password if the server accepts them.',
  ])
  expect(warnings).toEqual([
    'Input `credentials` has a path in line 2, but go1.23.12 looks up credentials for GOPROXY only by host: it sends none to proxy.example.com:8443. Remove the path, or use Go 1.24 or newer.',
    expect.stringContaining('line 3'),
  ])
})

test.each([
  ['go1.24.0', proxies],
  ['go1.24rc1', proxies],
  ['go1.26.1', ''],
])('accepts the same lines with %s', (version, goproxy) => {
  expect(credentialRequirements(credentials, version, goproxy)).toEqual({ problems: [], warnings: [] })
})

test('allows a path for a host that is not a proxy, because git uses it', () => {
  const basic = credentials.filter(({ user }) => user !== undefined)
  for (const goproxy of ['', 'direct', 'https://elsewhere.example.com,direct', 'file:///proxy.example.com'])
    expect(credentialRequirements(basic, 'go1.21.13', goproxy)).toEqual({ problems: [], warnings: [] })
})

const none = { GOPROXY: '', GOSUMDB: '' }

test.each([
  [
    { GOPROXY: 'http://proxy.example.com:8443' },
    /credentials` names proxy\.example\.com:8443 in line 2, but GOPROXY /,
  ],
  [{ GOPROXY: 'https://a.example|HTTP://Proxy.example.com/api,direct' }, /Proxy\.example\.com in line 3/],
  [{ GOPROXY: 'http://proxy.example.com:80,direct' }, /proxy\.example\.com:80 in line 3/],
  [{ GOPROXY: 'http://git.example.com' }, /git\.example\.com in line 1/],
  [{ GOSUMDB: 'sums.example+1+x http://proxy.example.com' }, /proxy\.example\.com in line 3, but GOSUMDB /],
  [{ GOPROXY: 'http://me:hidden@other.example/go' }, /GOPROXY has a user or a password for other\.example, /],
  [{ GOPROXY: 'http://token@other.example' }, /GOPROXY has a user or a password for other\.example, /],
])('rejects a password over http: %j', (settings, sentence) => {
  const problems = insecureServerProblems(credentials, { ...none, ...settings })
  expect(problems.map(problemText)).toEqual([expect.stringMatching(sentence)])
  expect(problemText(problems[0] as (typeof problems)[number])).toMatch(
    /over http.* Write https:\/\/ for it in /,
  )
  expect(JSON.stringify(problems)).not.toMatch(/hidden|token|secret/)
})

test.each([
  {},
  { GOPROXY: 'http://athens.example:3000,direct' },
  { GOPROXY: 'http://git.example.com:3000,direct' },
  { GOPROXY: 'https://proxy.example.com:8443,direct' },
  { GOPROXY: 'https://me:pw@proxy.example.com' },
  { GOPROXY: 'file:///proxy.example.com/http://proxy.example.com' },
  { GOPROXY: 'https://a.example/http://proxy.example.com' },
  { GOSUMDB: 'sum.example.com' },
])('accepts a server without a password, or with https: %j', (settings) => {
  expect(insecureServerProblems(credentials, { ...none, ...settings })).toEqual([])
})
