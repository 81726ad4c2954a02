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
])('matches %s', (line, parts) => {
  expect(matched(line)).toEqual(parts)
})

// The output of t.Log looks like that, whether the test fails or not.
test.each([
  '    main_test.go:12: just a note',
  'ok  	example.com/a	0.1s',
  'see ./a.go',
  'vetoexe: ./a.go:1:2: x',
])('does not match %s', (line) => {
  expect(matched(line)).toBeUndefined()
})

test('matches the current output of the compiler and vet', () => {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'go.mod': 'module example.com/a\n\ngo 1.24\n',
    'a.go': 'package a\n\nfunc f() { x() }\n',
  })
  for (const command of ['build', 'vet']) {
    let printed = ''
    try {
      execFileSync('go', [command, './...'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
    } catch (error) {
      printed = (error as { stderr: string }).stderr
    }
    const found = printed.split('\n').flatMap((line) => matched(line) ?? [])
    expect(found, printed).toEqual(expect.arrayContaining(['3', '12']))
  }
})
