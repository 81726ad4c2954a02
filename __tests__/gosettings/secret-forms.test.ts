import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { environmentForms, gitSettingForms, goSettingForms } from '../../src/auth/masks.ts'
import { addressLogin, headerForms, loginForms, secretForms } from '../../src/gosettings/secret-forms.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
/** A password that every encoding writes differently, as an address holds it. */
const written = "pa%40ss%2Fw'rd!+x"
const forms = [
  written,
  "pa@ss/w'rd!+x",
  "pa%40ss%2Fw'rd!%2Bx",
  'pa%40ss%2Fw%27rd%21%2Bx',
  'pa%40ss%2Fw%27rd%21+x',
  'pa%40ss%2fw%27rd%21%2bx',
  base64("pa@ss/w'rd!+x"),
  base64(written),
  base64("me:pa@ss/w'rd!+x"),
  base64(`me:${written}`),
]

describe('a password', () => {
  test('is masked in every form', () => {
    expect(loginForms({ user: 'me', password: written })).toEqual(expect.arrayContaining(forms))
    expect(secretForms('a"b\\c')).toContain('a\\"b\\\\c')
  })

  test.each([
    [{ user: 'ghp_1234567890', password: 'x-oauth-basic' }, 'ghp_1234567890'],
    [{ user: 'ghp_1234567890', password: '' }, base64('ghp_1234567890:')],
    [{ user: 'x-access-token', password: 'ghp_1234567890' }, base64('x-access-token:ghp_1234567890')],
    [{ user: '', password: 'pat-of-azure' }, base64(':pat-of-azure')],
    [{ user: 'me', password: '100%' }, '100%25'],
  ])('or a token in %j is found as %j', (login, form) => {
    expect(loginForms(login)).toContain(form)
  })

  test.each([
    { user: '', password: '' },
    { user: 'git', password: '' },
    { user: 'me', password: 'ab' },
    { user: 'oauth2', password: '' },
    { user: 'x-access-token', password: 'x' },
  ])('is ignored in %j, because masking it would hide too much', (login) => {
    expect(loginForms(login)).toEqual([])
  })

  test('of any characters is among its own forms, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3, unit: 'binary' }), (password) => {
        if (!/^(?:git|x-access-token|oauth2|x-token-auth|x-oauth-basic|anonymous)$/i.test(password))
          expect(loginForms({ user: 'u', password })).toContain(password)
      }),
    )
  })
})

test.each([
  ['http://me:secret@proxy:3128', { user: 'me', password: 'secret' }],
  ['me:secret@proxy:3128', { user: 'me', password: 'secret' }],
  ['socks5h://me:secret@proxy', { user: 'me', password: 'secret' }],
  ['HTTP://me:a@b/c:d@proxy/', { user: 'me', password: 'a@b/c:d' }],
  ['https://:secret@proxy', { user: '', password: 'secret' }],
  ['https://ghp_123456789012345678901@github.com/', { user: 'ghp_123456789012345678901', password: '' }],
  ['https://acme@dev.azure.com/acme/_git/app', undefined],
  ['git@github.com:acme/lib', undefined],
  ['ssh://git@github.com/acme', undefined],
  ['http://proxy:3128', undefined],
  ['', undefined],
])('finds the login of %j: %j', (address, login) => {
  expect(addressLogin(address)).toEqual(login)
})

test('finds the token of a header, and the login of a Basic header', () => {
  const basic = base64('x-access-token:ghs_1234567890')
  expect(headerForms(`AUTHORIZATION: basic ${basic}`)).toEqual(
    expect.arrayContaining([basic, 'ghs_1234567890']),
  )
  expect(headerForms('Authorization: Bearer eyJhbGciOi')).toContain('eyJhbGciOi')
  expect(headerForms('Proxy-Authorization: eyJhbGciOi')).toContain('eyJhbGciOi')
  expect(headerForms('Accept: text/plain')).toEqual([])
})

describe('finds secrets in settings', () => {
  const proxies = [
    'HTTP_PROXY',
    'https_proxy',
    'ALL_PROXY',
    'all_proxy',
    'FTP_PROXY',
    'npm_config_https_proxy',
  ]

  test.each(proxies)('in %s', (name) => {
    const value = `http://me:${written}@proxy:3128`
    expect(environmentForms({ [name]: value })).toEqual(expect.arrayContaining(forms))
  })

  test.each([
    [{ GIT_CONFIG_KEY_3: `url.https://me:${written}@git.example/.insteadOf` }],
    [{ GIT_CONFIG_VALUE_0: `https://me:${written}@git.example/` }],
    [{ GIT_CONFIG_VALUE_0: `Authorization: Basic ${base64(`me:${written}`)}` }],
    [{ GO_DOWNLOAD_BASE_URL: `https://me:${written}@mirror.example` }],
    [{ AWS_ENDPOINT_URL_S3: `https://me:${written}@s3.example` }],
    [{ AWS_SECRET_ACCESS_KEY: written }],
    [{ AWS_SESSION_TOKEN: written }],
    [{ AWS_CONTAINER_AUTHORIZATION_TOKEN: written }],
    [{ ACTIONS_RUNTIME_TOKEN: written }],
  ])('in %j', (environment) => {
    expect(environmentForms(environment)).toContain(base64(written))
  })

  test.each([
    { NO_PROXY: 'me:secret@x' },
    { DATABASE_URL: 'postgres://postgres:postgres@localhost' },
    { GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'me' },
    { GIT_CONFIG_KEY_0: 'user.email', GIT_CONFIG_VALUE_0: 'me@example.com' },
    { HTTPS_PROXY: 'http://proxy:3128' },
    { PATH: '/a:b@c' },
  ])('finds none in %j', (environment) => {
    expect(environmentForms(environment)).toEqual([])
  })

  test.each([
    ['GOPROXY', `https://other.example,https://me:${written}@proxy.example|direct`],
    ['GOSUMDB', `sum.example+1+x https://me:${written}@sum.example`],
  ])('in %s', (name, value) => {
    expect(goSettingForms((asked) => (asked === name ? value : ''))).toEqual(expect.arrayContaining(forms))
  })

  test('in GOAUTH', () => {
    const found = goSettingForms((asked) => (asked === 'GOAUTH' ? `git /srv; helper --token=${written}` : ''))
    expect(found).toContain(base64(written))
  })

  test('in git’s configuration', () => {
    const listing = [
      `url.https://me:${written}@git.example/.insteadof\nhttps://git.example/`,
      'remote.origin.url\nhttps://other:Secret2@git.example/acme',
      `http.https://git.example/.extraheader\nAUTHORIZATION: basic ${base64('x:Secret3')}`,
      'http.proxy\nhttp://u:Secret4@proxy',
      'http.sslverify',
    ].join('\0')
    expect(gitSettingForms(`${listing}\0`)).toEqual(
      expect.arrayContaining([...forms, 'Secret2', 'Secret3', 'Secret4']),
    )
  })
})
