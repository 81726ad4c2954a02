import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitQuoted } from '../../src/gosettings/flag-values.ts'
import { goFlagValue, hasGoFlag, mergeGoflags, readGoflags } from '../../src/gosettings/goflags.ts'
import { runGo } from '../gofiles/go-command.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const ACCEPTED: [text: string, value: string][] = [
  ['', ''],
  [' \n', ''],
  ['-trimpath', '-trimpath'],
  ['-trimpath\n--race=false\r\n\t-v\n', '-trimpath --race=false -v'],
  ["'-ldflags=-s -w' -trimpath", "'-ldflags=-s -w' -trimpath"],
  ['"-ldflags=-s -w"', "'-ldflags=-s -w'"],
  [`"-ldflags=-X 'main.name=a b'"`, `"-ldflags=-X 'main.name=a b'"`],
  ["'-trimpath''-v'", '-trimpath -v'],
  ['-tags=a,b', '-tags=a,b'],
  ['-tags=', '-tags='],
  ['-ldflags=-extldflags=-Wl,-z,now', '-ldflags=-extldflags=-Wl,-z,now'],
  ['-ldflags=-X=main.name="a"', '-ldflags=-X=main.name="a"'],
  [`-ldflags=-X=main.name=it's"`, `-ldflags=-X=main.name=it's"`],
  ['-mod=', '-mod='],
  ['-mod=mod -mod=vendor --mod=readonly', '-mod=mod -mod=vendor --mod=readonly'],
  [`"-toolexec='/a b/tool' -x"`, `"-toolexec='/a b/tool' -x"`],
  ["-exec='tool'", "-exec='tool'"],
  ["-tags='a'", "-tags='a'"],
  [`"-tags='a' b"`, `"-tags='a' b"`],
]

/** Text, our reason, and the message of Go; a command without the flag hides some of it. */
const REFUSED: [text: string, fault: RegExp, go?: RegExp][] = [
  ['-tags foo', /^element 2 \("foo"\) is not a flag: join a value/, /non-flag "foo"/],
  ['trimpath', /^element 1 \("trimpath"\) is not a flag/, /non-flag/],
  ['-', /is not a flag/, /non-flag/],
  ['--', /is not a flag/, /non-flag/],
  ['---v', /is not a flag/, /non-flag/],
  ['-=v', /is not a flag/, /non-flag/],
  ['--=v', /is not a flag/, /non-flag/],
  ["-v ''", /^element 2 \(""\) is not a flag/, /non-flag ""/],
  ['\u2013trimpath', /is not a flag/, /non-flag/],
  ["-ldflags='-s -w'", /^element 1 \("-ldflags=…"\) has a quote inside.*'-ldflags=…'/, /unknown flag -w'/],
  ['-ldflags="-X main.password=hidden"', /^element 1 \("-ldflags=…"\) has a quote inside/, /non-flag/],
  ['-tags="a"', /has a quote inside/],
  [`'-tags="a"'`, /has a quote inside/],
  ["-tags='a b'", /^element 1 \("-tags=…"\) has a quote inside/, /non-flag "b'"/],
  ["-run='^Test'", /has a quote inside/],
  ["-ldflags=-X 'main.password=hidden'", /^element 2 \("main\.password=…"\) is not a flag/, /non-flag/],
  ["-v '-ldflags=-s", /quote is not closed/, /unterminated ' string/],
  ['"', /quote is not closed/, /unterminated " string/],
  ['-mod=module', /\("-mod=module"\) must be -mod=readonly/, /-mod=module not supported/],
  ['-mod', /must be -mod=readonly/, /flag needs an argument/],
  ['-mod=mod,-v', /must be -mod=readonly|separator/, /not supported/],
  ['-v,-race', /^element 1 \("-v,-race"\) holds a separator/, /unknown flag -v,-race/],
  ['-v;-race', /holds a separator/, /unknown flag/],
  ['-trimpath=true,-race', /holds a separator/],
  ['-tags=a,-race', /holds a separator/],
]

/** The message of Go about a GOFLAGS. */
function goSays(goflags: string): string {
  const folder = temporaryFolder()
  writeFiles(folder, { 'go.mod': 'module example.com/m\n\ngo 1.21\n', 'm.go': 'package m\n' })
  const { stdout, stderr } = runGo(['list', '.'], { cwd: folder, env: { GOFLAGS: goflags } })
  return stdout + stderr
}

describe('readGoflags', () => {
  test.each(ACCEPTED)('accepts %j', (text, value) => {
    expect(readGoflags(text)).toEqual({ value })
    expect(readGoflags(value)).toEqual({ value })
  })

  test.each(ACCEPTED)('accepts %j, and so does Go', (_, value) => {
    expect(goSays(value)).toBe('example.com/m\n')
  })

  test.each(REFUSED)('rejects %j', (text, reason) => {
    const setting = readGoflags(text)
    expect('fault' in setting ? setting.fault : setting).toMatch(reason)
    expect('fault' in setting ? setting.fault : '').not.toContain('hidden')
  })

  test.each(REFUSED.flatMap(([text, , go]): [string, RegExp][] => (go === undefined ? [] : [[text, go]])))(
    'rejects %j, and so does Go',
    (text, go) => expect(goSays(text)).toMatch(go),
  )

  test('rejects quotes inside a flag only where Go treats them as part of the value', () => {
    const folder = temporaryFolder()
    writeFiles(folder, {
      'go.mod': 'module example.com/m\n\ngo 1.21\n',
      'm.go': 'package m\n',
      'tagged.go': '//go:build a\n\npackage m\n',
    })
    const files = (goflags: string) =>
      runGo(['list', '-f', '{{.GoFiles}}', '.'], { cwd: folder, env: { GOFLAGS: goflags } }).stdout
    expect([files('-tags="a"'), files("-tags='a'"), files("'-tags=a'")]).toEqual([
      '[m.go]\n',
      '[m.go tagged.go]\n',
      '[m.go tagged.go]\n',
    ])
  })

  test('is stable when applied twice', async () => {
    await fc.assert(
      fc.property(goflags, (text) => {
        const setting = readGoflags(text)
        if ('value' in setting) expect(readGoflags(setting.value)).toEqual(setting)
      }),
    )
  })
})

/** Text with everything that is special in GOFLAGS, well-formed more often than not. */
const goflags = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...ACCEPTED.map(([text]) => text),
        '-v',
        '--v',
        '-a=1',
        '-a=2',
        "'-b=x y'",
        `"-b='"`,
        '-trimpath',
      ),
      fc.string({ unit: fc.constantFrom('-', '=', "'", '"', ' ', '\t', '\u00a0', 'a', 'b'), maxLength: 6 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(' '))

describe('splitQuoted', () => {
  test('splits as Go does', () => {
    const folder = temporaryFolder()
    // The package is internal to the go command, so the test copies its source.
    const goroot = runGo(['env', 'GOROOT'], { cwd: folder }).stdout.trim()
    const source = readFileSync(path.join(goroot, 'src/cmd/internal/quoted/quoted.go'), 'utf8')
    writeFiles(folder, {
      'go.mod': 'module example.com/m\n\ngo 1.21\n',
      'quoted/quoted.go': source,
      'main.go': SPLIT_PROGRAM,
    })
    const texts = [...ACCEPTED, ...REFUSED].map(([text]) => text).concat(fc.sample(goflags, 2000))
    const input = JSON.stringify(texts)
    const { stdout, stderr } = runGo(['run', '.'], { cwd: folder, input, env: { GOTELEMETRY: 'off' } })
    expect(stderr).toBe('')
    expect(texts.map((text) => splitQuoted(text) ?? null)).toEqual(JSON.parse(stdout))
  }, 60_000)
})

/** Prints, for a list of texts, the lists that Go splits them into, or null for an error. */
const SPLIT_PROGRAM = `package main

import (
	"encoding/json"
	"os"

	"example.com/m/quoted"
)

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	lists := make([][]string, len(texts))
	for i, text := range texts {
		if list, err := quoted.Split(text); err == nil {
			lists[i] = append([]string{}, list...)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(lists); err != nil {
		panic(err)
	}
}
`

describe('goFlagValue', () => {
  test.each([
    ['-mod=vendor', 'mod', 'vendor'],
    ['--mod=vendor -mod=mod', 'mod', 'mod'],
    ["'-ldflags=-s -w'", 'ldflags', '-s -w'],
    ['-ldflags=-X=a=b', 'ldflags', '-X=a=b'],
    ['-trimpath', 'trimpath', 'true'],
    ['-tags=', 'tags', ''],
    ['-modfile=x', 'mod', undefined],
    ['-tags mod -v', 'mod', undefined],
    ["-mod=mod '", 'mod', undefined],
    ['', 'mod', undefined],
  ])('reads %j -%s as %j', (goflags, name, value) => {
    expect(goFlagValue(goflags, name)).toBe(value)
  })
})

describe('hasGoFlag', () => {
  test.each([
    ['-trimpath', true],
    ['--trimpath=true -race', true],
    ['-trimpath=1', true],
    ['-race\t-trimpath', true],
    ["'-trimpath'", true],
    ['-trimpath=false', false],
    ['-trimpath -trimpath=false', false],
    ['-trimpath=false -trimpath', true],
    ['-trimpathx', false],
    ['-ldflags=-trimpath', false],
    ["'-ldflags=-s -trimpath'", false],
    ['', false],
  ])('GOFLAGS=%j: %s', (goflags, isOn) => {
    expect(hasGoFlag(goflags, 'trimpath')).toBe(isOn)
  })
})

describe('mergeGoflags', () => {
  test.each([
    ['', '', ''],
    ['', '-v', '-v'],
    ['-v', '', '-v'],
    ['-a=1 -v -b', '--a=2', '-v -b --a=2'],
    ['-a -a -v', '-a=false -a', '-v -a=false -a'],
    ['-modfile=x', '-mod=mod', '-modfile=x -mod=mod'],
    ["  '-ldflags=-s -w'  -v", '"-tags=a b"', "'-ldflags=-s -w' -v '-tags=a b'"],
    ['-tags foo', '-v', '-tags foo -v'],
    ["-v '", '-v', "-v ' -v"],
  ])('merges %j and %j: %j', (existing, added, merged) => {
    expect(mergeGoflags(existing, added)).toBe(merged)
  })

  test('changes nothing the second time', async () => {
    const readable = goflags.filter((text) => 'value' in readGoflags(text))
    await fc.assert(
      fc.property(goflags, readable, (existing, added) => {
        fc.pre(splitQuoted(existing) !== undefined)
        const once = mergeGoflags(existing, added)
        expect(mergeGoflags(once, added)).toBe(once)
      }),
    )
  })

  test('lets every added flag win, and keeps the others', async () => {
    const readable = goflags.filter((text) => 'value' in readGoflags(text))
    await fc.assert(
      fc.property(
        readable,
        readable,
        fc.constantFrom('a', 'b', 'mod', 'tags', 'ldflags'),
        (existing, added, name) => {
          expect(goFlagValue(mergeGoflags(existing, added), name)).toBe(
            goFlagValue(added, name) ?? goFlagValue(existing, name),
          )
        },
      ),
    )
  })

  test('writes a value that Go reads back', () => {
    const merged = mergeGoflags('-mod=mod -tags=other "-ldflags=-s -w"', '-tags=a,b -mod=readonly')
    const folder = temporaryFolder()
    writeFiles(folder, {
      'go.mod': 'module example.com/m\n\ngo 1.21\n',
      'm.go': '//go:build a && b && !other\n\npackage m\n',
    })
    const env = { GOFLAGS: merged }
    expect(runGo(['env', 'GOFLAGS'], { cwd: folder, env }).stdout).toBe(`${merged}\n`)
    expect(runGo(['list', '-m'], { cwd: folder, env })).toMatchObject({ status: 0, stderr: '' })
    expect(runGo(['list', '-f', '{{.GoFiles}}', '.'], { cwd: folder, env }).stdout).toBe('[m.go]\n')
  })
})
