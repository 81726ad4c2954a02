import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../temporary.ts'

interface Matcher {
  readonly problemMatcher: readonly {
    readonly pattern: readonly { readonly regexp: string }[]
  }[]
}
const file = path.resolve(import.meta.dirname, '../../src/problem-matcher.json')
const { problemMatcher } = JSON.parse(readFileSync(file, 'utf8')) as Matcher
const pattern = new RegExp(problemMatcher[0]?.pattern[0]?.regexp ?? '')
const native = (file: string) => file.replaceAll('/', path.sep)
const matched = (line: string) => pattern.exec(line)?.slice(1)

test.each([
  ['./main.go:4:2: undefined: x', ['./main.go', '4', '2', 'undefined: x']],
  ['vet: ./main.go:4:2: undefined: x', ['./main.go', '4', '2', 'undefined: x']],
  // Vet prints its own file name (golang.org/x/tools/go/analysis/unitchecker).
  ['vet.exe: .\\a.go:3:12: undefined: x', ['.\\a.go', '3', '12', 'undefined: x']],
  ['..\\lib\\a.go:10:1: syntax error', ['..\\lib\\a.go', '10', '1', 'syntax error']],
  ['/go/pkg/mod/a@v1.0.0/a.go:7: note', ['/go/pkg/mod/a@v1.0.0/a.go', '7', undefined, 'note']],
  ['C:\\src\\a.go:1:2: x', ['C:\\src\\a.go', '1', '2', 'x']],
  ['vet.exe: D:\\src\\a.go:1:2: x', ['D:\\src\\a.go', '1', '2', 'x']],
  ['  ./main.go:4:2: undefined: x', ['./main.go', '4', '2', 'undefined: x']],
  // Go prints no `./` before a folder, and none for errors in imports.
  ['sub/s.go:5:35: undefined: z', ['sub/s.go', '5', '35', 'undefined: z']],
  ['sub\\s.go:5:35: undefined: z', ['sub\\s.go', '5', '35', 'undefined: z']],
  ['vet: sub/s.go:5:35: undefined: z', ['sub/s.go', '5', '35', 'undefined: z']],
  ['vet.exe: sub\\s_test.go:5:45: undefined: y', ['sub\\s_test.go', '5', '45', 'undefined: y']],
  ['b.go:2:8: package nosuch/pkg is not in std', ['b.go', '2', '8', 'package nosuch/pkg is not in std']],
])('matches %s', (line, parts) => {
  expect(matched(line)).toEqual(parts)
})

test.each([
  // The output of t.Log looks like that, whether the test fails or not.
  '    main_test.go:12: just a note',
  '    sub/main_test.go:12:3: just a note',
  // The output of log, with log.Lshortfile and log.Llongfile.
  'main.go:12: just a note',
  'sub/main.go:12: just a note',
  '2009/01/23 01:23:23 main.go:12:3: just a note',
  'ok  \texample.com/a\t0.1s',
  'see ./a.go',
  'see sub/a.go:1:2: x',
  'vetoexe: ./a.go:1:2: x',
  'http://127.0.0.1/a.go:1:2: x',
  'vet: ',
])('does not match %s', (line) => {
  expect(matched(line)).toBeUndefined()
})

test('takes little time for a long line', () => {
  const start = performance.now()
  for (const part of ['a', ' ', './', 'a/', 'a.go', '.go:1', 'vet: '])
    expect(matched(part.repeat(50_000))).toBeUndefined()
  // The runner gives a matcher one second, and removes it after three such lines (OutputManager.cs).
  expect(performance.now() - start).toBeLessThan(500)
})

test('matches the current output of the compiler and vet', () => {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'go.mod': 'module example.com/a\n\ngo 1.24\n',
    'a.go': 'package a\n\nfunc f() { x() }\n',
    'sub/deep/s.go': 'package deep\n\nfunc f() { y() }\n',
    'other/o.go': 'package other\n\nimport "fmt"\n\nfunc F() { fmt.Printf("%d", "x") }\n',
  })
  for (const command of ['build', 'vet']) {
    let printed = ''
    try {
      execFileSync('go', [command, './...'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
    } catch (error) {
      printed = (error as { stderr: string }).stderr
    }
    const found = printed.split('\n').flatMap((line) => matched(line) ?? [])
    const places = ['./a.go', 'sub/deep/s.go', ...(command === 'vet' ? ['other/o.go'] : [])]
    expect(found, printed).toEqual(expect.arrayContaining([...places.map(native), '3', '12']))
  }
})
