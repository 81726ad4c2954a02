import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goproxyLogins, readGoproxy, redactedGoproxy, urlFault } from '../../src/gosettings/goproxy.ts'
import { runGo } from '../gofiles/go-command.ts'
import { slice } from '../harness/extent.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** A port where nothing listens: Go fails there only after it has accepted the list. */
const CLOSED = '127.0.0.1:1'

const ACCEPTED: [text: string, value: string][] = [
  ['', ''],
  [' \n', ''],
  ['off', 'off'],
  ['direct', 'direct'],
  [`https://${CLOSED},direct`, `https://${CLOSED},direct`],
  [` https://${CLOSED} | https://${CLOSED}/x ,\tdirect `, `https://${CLOSED}|https://${CLOSED}/x,direct`],
  [`https://${CLOSED}\n\nhttp://${CLOSED}\r\noff\n`, `https://${CLOSED},http://${CLOSED},off`],
  [`https://${CLOSED}|\ndirect`, `https://${CLOSED}|direct`],
  [`https://${CLOSED}\n|direct`, `https://${CLOSED}|direct`],
  [`,,https://${CLOSED},,off,|,`, `https://${CLOSED},off`],
  [`HTTPS://${CLOSED}`, `https://${CLOSED}`],
  [`https://[::1]:1/a/b/`, `https://[::1]:1/a/b/`],
  [`https://user:p%2Fa%40s@${CLOSED}/%40scope`, `https://user:p%2Fa%40s@${CLOSED}/%40scope`],
  [`https://user:p@ss;w:rd!$&'()*+=~@${CLOSED}`, `https://user:p@ss;w:rd!$&'()*+=~@${CLOSED}`],
  [`https://:token@${CLOSED}`, `https://:token@${CLOSED}`],
  ['file:///tmp/no-proxy,off', 'file:///tmp/no-proxy,off'],
  ['file:///tmp/go@1.25/no%20proxy,off', 'file:///tmp/go@1.25/no%20proxy,off'],
  ['file:///C:/no-proxy,off', 'file:///C:/no-proxy,off'],
  ['file:///D:\\a\\_temp/no-proxy,off', 'file:///D:\\a\\_temp/no-proxy,off'],
]

/** Text, our reason, and the message of Go, which is empty if it continues with something else. */
const REFUSED: [text: string, fault: RegExp, go?: RegExp][] = [
  [' , \n|', /only separators/, /contains no entries/],
  ['proxy', /^element 1 \("proxy"\) is not a URL/, /missing scheme/],
  ['noproxy', /is not a URL/, /missing scheme/],
  [CLOSED, /has no scheme.*https/],
  [`off-not,${CLOSED}/x`, /^element 1 \("off-not"\)/, /missing scheme/],
  [`https://${CLOSED},localhost:3000`, /^element 2 \("localhost:3000"\) has no scheme/],
  ['https:127.0.0.1', /no `\/\/` after its scheme/, /invalid port/],
  ['https:/127.0.0.1', /no `\/\/` after its scheme/, /no Host/],
  ['/srv/proxy', /is a path/, /missing scheme/],
  ['C:\\proxy', /is a path/],
  ['ftp://127.0.0.1', /has the scheme "ftp"/, /invalid proxy URL scheme/],
  [`"https://${CLOSED}"`, /has no scheme/, /first path segment/],
  ['Off', /must be written "off"/, /missing scheme/],
  ['DIRECT', /must be written "direct"/, /missing scheme/],
  [`off,https://${CLOSED}`, /^element 1 \("off"\) must come last/],
  [`https://${CLOSED}|direct|https://${CLOSED}`, /^element 2 \("direct"\) must come last/],
  [
    `https://${CLOSED} https://${CLOSED}`,
    /holds a blank: sources are separated/,
    /invalid (?:port|character)/,
  ],
  [`https://${CLOSED}/a https://${CLOSED}`, /holds a blank/],
  [`https://${CLOSED}/a;direct`, /holds `;`/],
  [`https://${CLOSED},|direct`, /both `,` and `\|` follow element 1/],
  [`https://${CLOSED},\n|direct`, /both/],
  [`https://user:p w@${CLOSED}`, /holds a blank before its `@`/, /invalid userinfo/],
  [`http://user:pw@${CLOSED}`, /over http, which Go refuses/, /refusing to pass credentials/],
  [`http://@${CLOSED}`, /over http/, /refusing to pass credentials/],
  [`https://token@${CLOSED}`, /user name without password/],
  [`https://token:@${CLOSED}`, /user name without password/],
  [`https://@${CLOSED}`, /user name without password/],
  [`https://user:pa/ss@${CLOSED}`, /must be percent-encoded/, /invalid port/],
  [`https://user:pa#ss@${CLOSED}`, /must be percent-encoded/, /invalid port/],
  [`https://user:pa?ss@${CLOSED}`, /must be percent-encoded/, /invalid port/],
  [`https://us^er:pw@${CLOSED}`, /must be percent-encoded/, /invalid userinfo/],
  [`https://user:p%w@${CLOSED}`, /must be percent-encoded/, /invalid URL escape/],
  [`https://${CLOSED}/@scope`, /an `@` in the path is written as %40/],
  [`https://user:p,w@${CLOSED}`, /^element 1 .*a comma is written as %2C/, /invalid port/],
  [`https://${CLOSED}/x,user:pw@${CLOSED}`, /each address needs its own/],
  ['https://', /has no host/, /no Host/],
  ['https:///x', /has no host/, /no Host/],
  [`https://https://${CLOSED}`, /no port number/],
  ['https://127.0.0.1:', /no port number/],
  ['https://127.0.0.1:port', /no port number/, /invalid port/],
  ['https://127.0.0.1:1:2', /no port number/],
  ['https://127.0.0.1:65536', /no port number/, /invalid port/],
  ['https://[::1', /no port number/, /missing ']' in host/],
  ['https://[1::2::3]:1', /no valid host/],
  ['https://${PROXY}/x', /no valid host/, /invalid character/],
  [`https://${CLOSED}/x?a=b`, /query or fragment/],
  [`https://${CLOSED}/x#y`, /query or fragment/],
  [`https://${CLOSED}/50%`, /a % that does not start/, /invalid URL escape/],
  [`https://${CLOSED}/\u0007`, /control character/, /invalid control character/],
  ['file://', /has no path/],
  ['file:/tmp/x', /no `\/\/` after/, /non-path elements/],
  ['file://localhost/tmp/x', /has a host/, /non-path elements/],
  ['file://tmp/x', /has a host/, /non-path elements/],
  ['file://user:pw@host/x', /has a host/, /non-path elements/],
  ['file://C:/x', /three slashes.*file:\/\/\/C:/, /non-path elements/],
  ['file://C:\\x', /three slashes/, /invalid/],
  ['file:///~/proxy', /no absolute path/],
  ['file:///./proxy', /no absolute path/],
  ['file:///$HOME/proxy', /no absolute path/],
  ['file:///tmp/x?y', /query or fragment/, /non-path elements/],
  ['file:///tmp/x#y', /query or fragment/, /non-path elements/],
  ['file:///tmp/100%', /a % that does not start/, /invalid URL escape/],
]

/** The message of Go about a GOPROXY when it needs a module. */
function goSays(goproxy: string, cwd = temporaryFolder()): string {
  writeFiles(cwd, { 'go.mod': 'module x\n\ngo 1.21\n' })
  const { stdout, stderr } = runGo(['list', '-m', 'example.com/m@v1.0.0'], {
    cwd,
    env: {
      GOMODCACHE: path.join(cwd, 'cache'),
      GOFLAGS: '-modcacherw',
      GOPROXY: goproxy,
      GONOPROXY: '',
      HTTPS_PROXY: '',
      HTTP_PROXY: '',
      https_proxy: '',
      http_proxy: '',
    },
  })
  return stdout + stderr
}

/** The passwords and tokens in a text for GOPROXY. */
function secretsIn(text: string): readonly string[] {
  return goproxyLogins(text)
    .map(({ user, password }) => password || user)
    .filter((secret) => secret !== '')
}

describe('readGoproxy', () => {
  test.each(ACCEPTED)('accepts %j', (text, value) => {
    expect(readGoproxy(text)).toEqual({ value })
  })

  const asked = ACCEPTED.filter(([, value]) => value !== '' && value !== 'direct')
  test.each(slice(asked, 4))('writes %j so that Go accepts it', (_, value) => {
    expect(goSays(value)).toMatch(
      /dial tcp|no such file|cannot find|missing drive letter|disabled by GOPROXY=off/,
    )
  })

  test.each(REFUSED)('rejects %j', (text, reason) => {
    const setting = readGoproxy(text)
    expect('fault' in setting ? setting.fault : setting).toMatch(reason)
  })

  const refusedByGo = REFUSED.flatMap(([text, , go]) =>
    go === undefined || process.platform === 'win32' ? [] : [[text, go]],
  )
  test.each(slice(refusedByGo, 6))('rejects %j, and so does Go', (text, go) => {
    expect(goSays(text as string)).toMatch(go as RegExp)
  })

  test.each([
    [CLOSED, `https://${CLOSED}/example.com`],
    [`https://${CLOSED}/a https://${CLOSED}`, `https://${CLOSED}/a%20https:/${CLOSED}/example.com`],
    [`https://${CLOSED}/a;direct`, `https://${CLOSED}/a;direct/example.com`],
    [`https://token@${CLOSED}`, 'https://token@'],
    [`https://${CLOSED}/x?a=b`, '?a=b"'],
  ])('rejects %j, which Go misreads', (text, url) => {
    expect(goSays(text)).toContain(url)
  })

  test('writes several lines so that Go tries one source after the other', () => {
    const folder = temporaryFolder()
    writeFiles(folder, {
      'a proxy/example.com/m/@v/v1.0.0.info': '{"Version":"v1.0.0"}',
      'a proxy/example.com/m/@v/v1.0.0.mod': 'module example.com/m\n',
    })
    const url = (name: string) => pathToFileURL(path.join(folder, name)).href
    const setting = readGoproxy(`${url('empty')}\n${url('a proxy')}\noff\n`)
    expect(goSays('value' in setting ? setting.value : '', folder)).toBe('example.com/m v1.0.0\n')
  })

  test('is stable when applied twice', async () => {
    const word = fc.constantFrom(...ACCEPTED.map(([text]) => text), 'off', 'direct', '\n', ',', '|', ' ', 'x')
    await fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const setting = readGoproxy(words.join(''))
        if ('value' in setting) expect(readGoproxy(setting.value)).toEqual(setting)
      }),
    )
  })

  test('accepts only what Go parses, and Go prints no secret of it', () => {
    const part = fc.constantFrom(
      'a',
      'b1',
      '%41',
      '%',
      '@',
      ':',
      '/',
      '[::1]',
      '[',
      '~',
      '_',
      '-',
      '\u00e9',
      '!',
      '"',
    )
    const texts = fc.sample(
      fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => `https://${parts.join('')}`),
      3000,
    )
    const accepted = ['https://[fe80::1%25lo]:1', ...texts].filter((text) => urlFault(text) === undefined)
    expect(accepted[0]).toContain('fe80')
    expect(accepted.length).toBeGreaterThan(100)
    const folder = temporaryFolder()
    writeFiles(folder, { 'main.go': PARSE_PROGRAM })
    const { stdout, stderr } = runGo(['run', 'main.go'], { cwd: folder, input: accepted.join('\n') })
    expect(stderr).toBe('')
    for (const [index, line] of stdout.trimEnd().split('\n').entries()) {
      expect(line, accepted[index]).toMatch(/^ok /)
      const password = secretsIn(accepted[index] ?? '').at(-1) ?? ''
      if (password.length > 4) expect(line).not.toContain(password)
    }
  }, 60_000)
})

/** Prints, for each line of its input, how Go prints the URL, or why it is not a server URL. */
const PARSE_PROGRAM = `package main

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		u, err := url.Parse(lines.Text())
		if err != nil {
			fmt.Println(err)
		} else if u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
			fmt.Println("no server")
		} else {
			fmt.Println("ok", u.Redacted())
		}
	}
}
`

describe('redactedGoproxy', () => {
  test.each([
    ['https://user:pw@proxy.example.com/x,direct', 'https://***@proxy.example.com/x,direct'],
    [
      'https://token@a.example.com|https://u:p@b.example.com',
      'https://***@a.example.com|https://***@b.example.com',
    ],
    ['https://a.example.com,https://u:p@b.example.com', 'https://a.example.com,https://***@b.example.com'],
    ['https://user:p,w/x?y#z@host', 'https://***@host'],
    ['https://user:p w@host;https://u:p@host', 'https://***@host;https://***@host'],
    ['user:pw@host', '***@host'],
    ['https:/user:pw@host', '***@host'],
    ['"https://user:pw@host"', '***@host"'],
    ['https://user:pw', 'https://user:***'],
    ['https://user:pw/x,direct', 'https://user:***,direct'],
    ['https://host:80/x:y', 'https://host:80/x:y'],
    ['https://[::1]:3000', 'https://[::1]:3000'],
    ['https://host/x?token=abc,direct', 'https://host/x?***,direct'],
    ['file:///opt/go@1.25/x,https://u:p@h', 'file:///opt/go@1.25/x,https://***@h'],
    ['file://user:pw@host/x', 'file://***@host/x'],
    ['off', 'off'],
    ['', ''],
  ])('prints %j as %j', (text, redacted) => {
    expect(redactedGoproxy(text)).toBe(redacted)
    expect(redactedGoproxy(redacted)).toBe(redacted)
  })

  test('reveals no part of a user name or password, and neither does a fault', async () => {
    const secret = fc.stringMatching(/^SECRET[^\n]*TERCES$/).filter((text) => !text.includes('://'))
    const before = fc.constantFrom('', 'off,', 'https://a.example.com|', 'x;', 'file:///a b,')
    const scheme = fc.constantFrom('https://', 'http://', 'HTTPS://', 'file://', '', 'https:/')
    await fc.assert(
      fc.property(before, scheme, secret, secret, (first, start, user, password) => {
        const text = `${first}${start}${user}:${password}@host/x`
        expect(redactedGoproxy(text)).not.toMatch(/SECRET|TERCES/)
        const setting = readGoproxy(text)
        if ('fault' in setting) expect(setting.fault).not.toMatch(/SECRET|TERCES/)
      }),
    )
  })

  test('leaves text without secrets unchanged', async () => {
    await fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', ',', '|', ' ', '\n') }), (text) => {
        expect(redactedGoproxy(text)).toBe(text)
      }),
    )
  })
})

describe('goproxyLogins', () => {
  test.each([
    ['https://user:p%40w@proxy.example.com,direct', ['p%40w']],
    ['https://u:p:q@a.example.com|https://u:r@b.example.com', ['p:q', 'r']],
    ['https://token@a.example.com', ['token']],
    ['https://:token@a.example.com', ['token']],
    ['https://user:pw', ['pw']],
    ['https://token:@a.example.com', ['token']],
    ['user:pw@host', ['pw']],
    ['https://a.example.com,direct', []],
    ['file:///opt/go@1.25', []],
  ])('finds in %j the secrets %j', (text, secrets) => {
    expect(secretsIn(text)).toEqual(secrets)
  })
})
