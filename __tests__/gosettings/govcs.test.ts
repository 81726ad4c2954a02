import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readGovcs } from '../../src/gosettings/govcs.ts'
import { runGo } from '../gofiles/go-command.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const ACCEPTED: [text: string, value: string][] = [
  ['', ''],
  ['\n ', ''],
  ['*:off', '*:off'],
  ['github.com:git,evil.com:off,*:git|hg', 'github.com:git,evil.com:off,*:git|hg'],
  [
    ' github.com : git | hg ,\n\nprivate:all\r\npublic:svn|bzr|fossil\n',
    'github.com:git|hg,private:all,public:svn|bzr|fossil',
  ],
  ['github.com/acme:off,github.com:git', 'github.com/acme:off,github.com:git'],
  ['*.example.com/x:off,*.example.com:git', '*.example.com/x:off,*.example.com:git'],
  ['public:git,github.com/acme:off', 'public:git,github.com/acme:off'],
]

/** Text, our reason, and the message of Go, which is empty if a rule has an unintended effect. */
const REFUSED: [text: string, fault: RegExp, go?: RegExp][] = [
  ['github.com:git,', /^element 2 \(""\) is empty/, /empty entry/],
  ['github.com:git,,*:off', /^element 2 \(""\) is empty/, /empty entry/],
  ['git', /has no colon/, /missing colon/],
  [':git', /no pattern before its colon/, /empty pattern/],
  ['github.com:', /allows ""/, /empty VCS list/],
  ['github.com:git|', /allows ""/, /empty VCS name/],
  ['github.com:mercurial', /allows "mercurial": Go knows git, hg/],
  ['github.com:Git', /allows "Git"/],
  ['github.com:git:hg', /allows "git:hg"/],
  ['github.com:git hg', /allows "git hg"/],
  ['github.com:git;example.com:hg', /allows "git;example\.com:hg"/],
  ['github.com:git|off', /Go allows the others/],
  ['./x:git', /has a pattern that is a file path/, /relative pattern/],
  ['acme:git', /has a pattern that has no dot/],
  ['https://github.com:git', /holds a URL/],
  ['https://user:pw@github.com:git', /^element 1 \("https:\/\/\*\*\*@github\.com:git"\) holds a URL/],
  ['github.com:git,github.com:hg', /never reached: "github\.com" before it/, /unreachable pattern/],
  ['*:off,github.com:git', /^element 2 \("github\.com:git"\) is never reached: "\*" before it/],
  ['github.com:git,github.com/acme:off', /never reached: "github\.com" before it/],
  ['public:git,private:all,github.com:off', /never reached: "public" and "private"/],
]

/** The message of Go about a GOVCS when it would run git for github.com/acme/x. */
function goSays(govcs: string): string {
  const folder = temporaryFolder()
  writeFiles(folder, { 'go.mod': 'module x\n\ngo 1.21\n' })
  const { stderr } = runGo(['list', '-m', 'github.com/acme/x@v1.0.0'], {
    cwd: folder,
    env: { GOPROXY: 'direct', GONOPROXY: '', GOVCS: govcs },
  })
  return stderr
}

describe('readGovcs', () => {
  test.each(ACCEPTED)('accepts %j', (text, value) => {
    expect(readGovcs(text)).toEqual({ value })
  })

  test.each([
    'github.com : hg ,\n\n*:all',
    'gitlab.com:git\npublic: svn | bzr',
    'github.com/acme:off,github.com:git',
    'github.com/*/x:off\n*:git',
  ])('writes %j so that Go applies it', (text) => {
    const setting = readGovcs(text)
    expect(goSays('value' in setting ? setting.value : '')).toContain('GOVCS disallows using git for public')
  })

  test.each(REFUSED)('rejects %j', (text, reason) => {
    const setting = readGovcs(text)
    expect('fault' in setting ? setting.fault : setting).toMatch(reason)
  })

  test.each(REFUSED.flatMap(([text, , go]): [string, RegExp][] => (go === undefined ? [] : [[text, go]])))(
    'rejects %j, and so does Go',
    (text, go) => expect(goSays(text)).toMatch(go),
  )

  test.each([
    'github.com:Git',
    'github.com:git hg',
    '*:off,github.com:git',
    'public:off,private:all,github.com:git',
  ])('rejects %j, with which Go runs no git, as intended', (text) => {
    expect(readGovcs(text)).toHaveProperty('fault')
    expect(goSays(text)).toContain('GOVCS disallows using git')
  })

  test('is stable when applied twice', async () => {
    const word = fc.constantFrom(
      ...ACCEPTED.map(([text]) => text),
      'a.com',
      ':',
      '|',
      'git',
      'off',
      ' ',
      ',',
      '\n',
    )
    await fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const setting = readGovcs(words.join(''))
        if ('value' in setting) expect(readGovcs(setting.value)).toEqual(setting)
      }),
    )
  })
})
