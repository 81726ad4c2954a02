import { createHash } from 'node:crypto'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readGosumdb } from '../../src/gosettings/gosumdb.ts'
import { runGo } from '../gofiles/go-command.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** A verifier key as a database operator publishes it (golang.org/x/mod/sumdb/note, NewEd25519VerifierKey). */
function verifierKey(name: string): string {
  const key = Buffer.concat([Buffer.from([1]), createHash('sha256').update(name).digest()])
  const hash = createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8)
  return `${name}+${hash}+${key.toString('base64')}`
}

/** A port where nothing listens: Go fails there only after it has accepted the setting. */
const CLOSED = '127.0.0.1:1'
const KEY = verifierKey(`${CLOSED}/db`)

const ACCEPTED: [text: string, value: string][] = [
  ['', ''],
  ['off', 'off'],
  [' off\n', 'off'],
  [KEY, KEY],
  [`${KEY}\n  https://${CLOSED}/x\n`, `${KEY} https://${CLOSED}/x`],
  [`${KEY} http://${CLOSED}`, `${KEY} http://${CLOSED}`],
  [`${KEY} https://user:p,w@${CLOSED}`, `${KEY} https://user:p,w@${CLOSED}`],
  [`${KEY} file:///tmp/no-sumdb`, `${KEY} file:///tmp/no-sumdb`],
  ['sum.golang.example.com', 'sum.golang.example.com'],
  [
    'sum.golang.example.com  https://user:pw@sumdb.example.com',
    'sum.golang.example.com https://user:pw@sumdb.example.com',
  ],
]

/** Text, our reason, and the message of Go, which is nearly always a malformed verifier id. */
const REFUSED: [text: string, fault: RegExp, go: RegExp][] = [
  ['OFF', /write "off"/, /malformed verifier id/],
  ['none', /write "off"/, /malformed verifier id/],
  ['false', /write "off"/, /malformed verifier id/],
  ['direct', /write "off"/, /malformed verifier id/],
  [`off https://${CLOSED}`, /must stand alone/, /malformed verifier id/],
  [`https://${CLOSED}`, /is a URL: the name or key/, /malformed verifier id/],
  ['sumdb.example.com', /has no key/, /malformed verifier id/],
  [`sumdb.example.com https://${CLOSED}`, /has no key/, /malformed verifier id/],
  [`${KEY} https://${CLOSED} off`, /it has 3 elements/, /too many fields/],
  [`${KEY},off`, /holds a separator/, /malformed verifier id/],
  [`${KEY};https://${CLOSED}`, /holds a separator/, /malformed verifier id/],
  [KEY.slice(0, -4), /an incomplete key/, /invalid verifier hash/],
  [KEY.replace(/\+[^+]*/, ''), /an incomplete key/, /malformed verifier id/],
  [KEY.replace(/\+.{8}\+/, '+00000000+'), /does not match its name/, /invalid verifier hash/],
  [KEY.replace('db+', 'other+'), /does not match its name/, /invalid verifier hash/],
  [verifierKey('example.com/'), /not start with a valid name/, /invalid sumdb name/],
  [verifierKey('user@example.com'), /not start with a valid name/, /invalid sumdb name/],
  [`PRIVATE+KEY+${KEY}`, /private key/, /malformed verifier id/],
  [
    `${KEY} ftp://${CLOSED}`,
    /^element 2 \("ftp:\/\/127\.0\.0\.1:1"\) has the scheme "ftp"/,
    /unsupported scheme/,
  ],
  [`${KEY} ${CLOSED}`, /has no scheme/, /first path segment/],
  [
    `${KEY} http://user:pw@${CLOSED}`,
    /^element 2 \("http:\/\/\*\*\*@127\.0\.0\.1:1"\) sends/,
    /refusing to pass/,
  ],
]

/** The message of Go about a GOSUMDB when a module is missing from go.sum. */
function goSays(gosumdb: string): string {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'go.mod': 'module x\n\ngo 1.21\n',
    'proxy/example.com/m/@v/v1.0.0.info': '{"Version":"v1.0.0"}',
    'proxy/example.com/m/@v/v1.0.0.mod': 'module example.com/m\n',
  })
  const { stdout, stderr } = runGo(['mod', 'download', 'example.com/m@v1.0.0'], {
    cwd: folder,
    env: {
      GOPROXY: pathToFileURL(path.join(folder, 'proxy')).href,
      GOPATH: path.join(folder, 'gopath'),
      GOMODCACHE: path.join(folder, 'cache'),
      GOFLAGS: '-modcacherw',
      GONOSUMDB: 'none',
      GOSUMDB: gosumdb,
    },
  })
  return stdout + stderr
}

describe('readGosumdb', () => {
  test.each(ACCEPTED)('accepts %j', (text, value) => {
    expect(readGosumdb(text)).toEqual({ value })
    expect(readGosumdb(value)).toEqual({ value })
  })

  test.each(ACCEPTED.filter(([text]) => text.includes('+')))('writes %j so that Go takes it', (_, value) => {
    expect(goSays(value)).toMatch(/dial tcp|no such file|cannot find|missing drive letter/)
  })

  test.each(REFUSED)('rejects %j', (text, reason) => {
    const setting = readGosumdb(text)
    expect('fault' in setting ? setting.fault : setting).toMatch(reason)
  })

  test.each(REFUSED)('rejects %j, and so does Go', (text, _, go) => {
    expect(goSays(text)).toMatch(go)
  })

  test('logs neither a password nor a private key', () => {
    for (const text of [
      `${KEY} http://user:hidden@${CLOSED}`,
      'PRIVATE+KEY+name+hidden',
      'https://hidden@host',
    ]) {
      const setting = readGosumdb(text)
      expect('fault' in setting && setting.fault).not.toMatch(/^false$|hidden/)
    }
  })

  test('detects every change of a key', async () => {
    const start = KEY.indexOf('+') + 1
    await fc.assert(
      fc.property(
        fc.integer({ min: start, max: KEY.length - 1 }),
        fc.constantFrom(...'0aZ/+'),
        (at, letter) => {
          const changed = KEY.slice(0, at) + letter + KEY.slice(at + 1)
          expect('value' in readGosumdb(changed)).toBe(
            changed.toLowerCase() === KEY.toLowerCase() && changed === KEY,
          )
        },
      ),
    )
  })
})
