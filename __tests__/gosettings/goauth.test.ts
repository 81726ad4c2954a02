import { existsSync } from 'node:fs'
import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareGoVersions } from '../../src/gofiles/go-version.ts'
import { goauthSecrets, readGoauth } from '../../src/gosettings/goauth.ts'
import { runGo } from '../gofiles/go-command.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const ACCEPTED: [text: string, value: string][] = [
  ['', ''],
  ['off', 'off'],
  [' netrc\n', 'netrc'],
  ['git /srv/repository;netrc', 'git /srv/repository;netrc'],
  ['git C:\\repository ; netrc', 'git C:\\repository;netrc'],
  [
    'netrc\n\ngit /srv/repository;\n/usr/bin/helper --host example.com\n',
    'netrc;git /srv/repository;/usr/bin/helper --host example.com',
  ],
  ["'/opt/my helper' 'a b'", "'/opt/my helper' 'a b'"],
  ['git-credential-go get', 'git-credential-go get'],
  ['./helper', './helper'],
]

/** Text, our reason, and the message of Go; Go does not report a command that fails. */
const REFUSED: [text: string, fault: RegExp, go?: RegExp][] = [
  ['netrc;', /^element 2 \(""\) is empty/, /encountered an empty command/],
  [';', /^element 1 \(""\) is empty/, /encountered an empty command/],
  ['off;netrc', /^element 1 \("off"\) must stand alone/, /cannot be combined/],
  ['netrc\noff', /^element 2 \("off"\) must stand alone/],
  ['off now', /must stand alone/],
  ['netrc /home/me/.netrc', /takes no argument/],
  ['git', /needs one directory/, /requires an absolute path/],
  ['git "/a b"', /without blanks and quotes/, /requires an absolute path/],
  ['git repository', /absolute directory/, /dir is not absolute/],
  ['git ~/repository', /absolute directory/, /dir is not absolute/],
  ['git $HOME', /absolute directory/, /dir is not absolute/],
  ['OFF', /must be written "off"/],
  ['Netrc', /must be written "netrc"/],
  ['"git" /srv', /must be written "git", without quotes/],
  ['netrc,git /srv', /separated by `;`/],
  ['netrc|git /srv', /separated by `;`/],
  ['helper "a;b"', /^element 1 \("helper"\) has an unclosed quote/],
  ['~/bin/helper', /Go runs no shell/],
  ['$HOME/bin/helper', /Go runs no shell/],
  ['%USERPROFILE%\\helper', /Go runs no shell/],
  ['TOKEN=hidden helper', /Go runs no shell/],
  ['"" hidden', /empty program name/],
]

const folder = path.parse(import.meta.dirname).root
const isRead = compareGoVersions(runGo(['env', 'GOVERSION'], { cwd: folder }).stdout.trim(), '1.24') >= 0

/** The message of Go about a GOAUTH when it asks a server. */
function goSays(goauth: string): string {
  const cwd = temporaryFolder()
  writeFiles(cwd, { 'go.mod': 'module x\n\ngo 1.21\n' })
  const { stderr } = runGo(['list', '-m', 'example.com/m@v1.0.0'], {
    cwd,
    env: { GOPROXY: 'https://127.0.0.1:1', GOAUTH: goauth },
  })
  return stderr
}

describe('readGoauth', () => {
  test.each(ACCEPTED)('accepts %j', (text, value) => {
    expect(readGoauth(text)).toEqual({ value })
  })

  test.each(REFUSED)('rejects %j', (text, reason) => {
    const setting = readGoauth(text)
    expect('fault' in setting ? setting.fault : setting).toMatch(reason)
  })

  test('never logs an argument of a command', () => {
    for (const text of [
      'helper "hidden',
      'netrc hidden',
      'git hidden',
      'off hidden',
      '"" hidden',
      'TOKEN=hidden helper',
    ]) {
      const setting = readGoauth(text)
      expect('fault' in setting ? setting.fault : 'hidden').not.toContain('hidden')
    }
  })

  test
    .runIf(isRead)
    .each(REFUSED.flatMap(([text, , go]): [string, RegExp][] => (go === undefined ? [] : [[text, go]])))(
    'rejects %j, and so does Go',
    (text, go) => expect(goSays(text)).toMatch(go),
  )

  test.runIf(isRead).each(['netrc /home/me/.netrc', 'OFF', 'netrc,git /srv', 'helper "a;b"', '~/bin/helper'])(
    'rejects %j, which Go accepts silently',
    (text) => expect(goSays(text)).not.toContain('GOAUTH'),
  )

  test.runIf(isRead)('writes several lines so that Go runs each command', () => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'a script.cjs': "require('node:fs').writeFileSync(process.argv[2], '')" })
    const command = (name: string) =>
      `"${process.execPath}" "${path.join(folder, 'a script.cjs')}" '${path.join(folder, name)}'`
    const setting = readGoauth(`${command('a first')}\nnetrc\n${command('second')}\n`)
    expect(goSays('value' in setting ? setting.value : '')).toContain('dial tcp')
    expect([existsSync(path.join(folder, 'a first')), existsSync(path.join(folder, 'second'))]).toEqual([
      true,
      true,
    ])
  })

  test('is stable when applied twice', async () => {
    const word = fc.constantFrom(...ACCEPTED.map(([text]) => text), ';', '\n', ' ', 'off', 'git', '"', 'x')
    await fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const setting = readGoauth(words.join(''))
        if ('value' in setting) expect(readGoauth(setting.value)).toEqual(setting)
      }),
    )
  })
})

test.each([
  ['/bin/prog --token=tok3n123 --verbose', ['tok3n123']],
  ["/bin/prog 'two words' x; netrc", ['two words']],
  ['git /absolute/directory', []],
  ['off', []],
])('goauthSecrets(%j)', (text, secrets) => {
  expect(goauthSecrets(text)).toEqual(secrets)
})
