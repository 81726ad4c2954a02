import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readGotoolchain } from '../../src/gosettings/gotoolchain.ts'
import { runGo } from '../gofiles/go-command.ts'
import { isUnix, temporaryFolder } from '../temporary.ts'

const ACCEPTED = [
  '',
  'local',
  'auto',
  'path',
  'local+auto',
  'local+path',
  'go1.98.3',
  'go1.98.0+auto',
  'go1.98rc2+path',
  'go1.20',
  'go1.20.14',
  'go1.98.3-custom',
  'go1.98-custom',
]

/** Text, our reason, and the message of Go if it is clear; Go reports a missing toolchain as not available. */
const REFUSED: [text: string, fault: RegExp, go: RegExp][] = [
  ['1.98.3', /"1\.98\.3" is not a toolchain: write "go1\.98\.3"/, /invalid GOTOOLCHAIN/],
  ['1.98', /write "go1\.98\.0"/, /invalid GOTOOLCHAIN/],
  ['1.98+auto', /write "go1\.98\.0\+auto"/, /invalid minimum toolchain/],
  ['v1.98.3', /write "go1\.98\.3"/, /invalid GOTOOLCHAIN/],
  ['1.19', /write "go1\.19"/, /invalid GOTOOLCHAIN/],
  ['go1.98', /write "go1\.98\.0"/, /is a language version but not a toolchain version/],
  ['go1.98+auto', /write "go1\.98\.0\+auto"/, /is a language version/],
  ['go1.20.0', /write "go1\.20"/, /not available/],
  ['Go1.98.3', /write "go1\.98\.3"/, /invalid GOTOOLCHAIN/],
  ['go1', /"go1" is not a toolchain: Go accepts/, /not available/],
  ['go1.98.x', /is not a toolchain: Go accepts/, /invalid GOTOOLCHAIN/],
  ['go1.98.0rc1', /is not a toolchain: Go accepts/, /invalid GOTOOLCHAIN/],
  ['go2.0.0', /is not a toolchain: Go accepts/, /invalid GOTOOLCHAIN/],
  ['stable', /is not a toolchain: Go accepts/, /invalid GOTOOLCHAIN/],
  ['bin/go1.98.3', /is not a toolchain: Go accepts/, /invalid GOTOOLCHAIN/],
  ['Local', /"Local" must be written in lower case/, /invalid GOTOOLCHAIN/],
  ['AUTO', /"AUTO" must be written in lower case/, /invalid GOTOOLCHAIN/],
  ['auto+path', /"auto" cannot be followed by "\+path"/, /invalid minimum toolchain/],
  ['+auto', /"" is not a toolchain/, /invalid minimum toolchain/],
  ['local+', /ends in "\+": only/, /only version suffixes/],
  ['go1.98.3+local', /ends in "\+local": only/, /only version suffixes/],
  ['go1.98.3+auto+path', /ends in "\+auto\+path": only/, /only version suffixes/],
  ['go1.98.3 auto', /holds a blank/, /non-semver module version/],
]

/** The message of Go about a GOTOOLCHAIN when its proxy has no toolchain. */
function goSays(gotoolchain: string): string {
  const folder = temporaryFolder()
  const { stdout, stderr } = runGo(['version'], {
    cwd: folder,
    env: {
      GOTOOLCHAIN: gotoolchain,
      GOPROXY: pathToFileURL(path.join(folder, 'empty')).href,
      GOMODCACHE: path.join(folder, 'cache'),
      GOFLAGS: '-modcacherw',
    },
  })
  return stdout + stderr
}

describe('readGotoolchain', () => {
  test.each(ACCEPTED)('accepts "%s"', (text) => {
    expect(readGotoolchain(`\n ${text} `)).toEqual({ value: text })
  })

  test.each(ACCEPTED.filter((text) => text !== 'go1.98-custom'))(
    'accepts "%s", and Go understands it',
    (text) => {
      expect(goSays(text)).toMatch(/^go version|cannot find "go1|go1\S* for .*: toolchain not available/)
    },
  )

  test.runIf(isUnix)('accepts a custom toolchain name, and Go finds it on PATH', () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'go1.98-custom'), '#!/bin/sh\necho my own "$@"\n', { mode: 0o755 })
    const PATH = [folder, process.env.PATH].join(path.delimiter)
    const { stdout } = runGo(['version'], { cwd: folder, env: { GOTOOLCHAIN: 'go1.98-custom', PATH } })
    expect(stdout).toBe('my own version\n')
  })

  test.each(REFUSED)('rejects "%s"', (text, reason) => {
    const setting = readGotoolchain(text)
    expect('fault' in setting ? setting.fault : setting).toMatch(reason)
  })

  test.each(REFUSED)('rejects "%s", and so does Go', (text, _, go) => {
    expect(goSays(text)).toMatch(go)
  })

  test('suggests only values that it accepts', async () => {
    const part = fc.constantFrom(
      'go',
      'v',
      '1',
      '.',
      '25',
      '20',
      '0',
      'rc1',
      '+auto',
      '+path',
      'local',
      'auto',
      '-x',
    )
    await fc.assert(
      fc.property(fc.array(part, { maxLength: 7 }), (parts) => {
        const setting = readGotoolchain(parts.join(''))
        const suggestion = 'fault' in setting ? /write "(.*)"/.exec(setting.fault)?.[1] : setting.value
        if (suggestion !== undefined) expect(readGotoolchain(suggestion)).toEqual({ value: suggestion })
      }),
      { numRuns: 1000 },
    )
  })
})
