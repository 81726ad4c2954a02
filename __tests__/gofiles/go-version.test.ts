import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareGoVersions, effectiveGoVersion, parseGoVersion } from '../../src/gofiles/go-version.ts'
import { runGo, temporaryDirectory } from './go-command.ts'

describe('parseGoVersion', () => {
  test.each([
    ['1.21', ['1', '21', '', '', '']],
    ['1.21.0', ['1', '21', '0', '', '']],
    ['1.22rc1', ['1', '22', '', 'rc', '1']],
    ['1.20', ['1', '20', '0', '', '']],
    ['1.20rc2', ['1', '20', '', 'rc', '2']],
    ['1', ['1', '0', '0', '', '']],
    ['go1.24.3', ['1', '24', '3', '', '']],
    ['go1.24.3-X:rangefunc', ['1', '24', '3', '', '']],
    ['go1.24.3 X:rangefunc', ['1', '24', '3', '', '']],
    ['devel go1.27-ab12cd34 Tue Jan 6 2026', ['1', '27', '', '', '']],
    ['go1.27-devel_ab12cd34 Tue Jan 6 2026', ['1', '27', '', '', '']],
  ])('reads %s', (text, [major, minor, patch, kind, pre]) => {
    expect(parseGoVersion(text)).toEqual({ major, minor, patch, kind, pre })
  })

  test.each([
    '',
    'go',
    '1.',
    '01.2',
    '1.02',
    '1.21.0rc1',
    '1.21.',
    '1.21RC1',
    'v1.21',
    'devel +ab12',
    '1.24.3-x',
    'go1.2/3',
  ])('finds no version in "%s"', (text) => expect(parseGoVersion(text)).toBeUndefined())
})

describe('compareGoVersions', () => {
  test('sorts releases in the order of their publication', () => {
    const ascending = [
      'nonsense',
      '1',
      '1.9.7',
      '1.20rc1',
      '1.20',
      '1.20.14',
      '1.21',
      '1.21rc2',
      '1.21.0',
      '1.22',
      'go1.100',
    ]
    for (const [i, x] of ascending.entries()) {
      for (const [j, y] of ascending.entries()) {
        expect(Math.sign(compareGoVersions(x, y)), `${x} and ${y}`).toBe(Math.sign(i - j))
      }
    }
  })

  test('agrees with the go/version package', () => {
    const number = fc.constantFrom('0', '1', '9', '20', '21', '22', '100', '99999999999999999999', '01', '')
    const version = fc
      .tuple(
        fc.constantFrom('1', '2'),
        fc.option(number),
        fc.constantFrom('', '.', 'rc', 'beta', 'alpha', 'RC'),
        number,
      )
      .map(([major, minor, joint, last]) => `go${major}${minor === null ? '' : `.${minor}`}${joint}${last}`)
    const named = fc
      .tuple(version, fc.constantFrom('', '', '-custom', '-X:foo'))
      .map((parts) => parts.join(''))
    const pairs = fc.sample(fc.tuple(named, named), 400)
    const equal = fc.sample(named, 20).map((name): [string, string] => [name, `${name}-other`])
    const input = [...pairs, ...equal]
    using place = temporaryDirectory()
    writeFileSync(path.join(place.directory, 'main.go'), COMPARE_PROGRAM)
    const { stdout, stderr } = runGo(['run', 'main.go'], {
      cwd: place.directory,
      input: input.map((pair) => pair.join(' ')).join('\n'),
    })
    expect(stderr).toBe('')
    const ours = input.map(([x, y]) => `${x} ${y} ${Math.sign(compareGoVersions(x, y))}`)
    expect(ours).toEqual(stdout.trimEnd().split(/\r?\n/))
  })
})

/** Prints each line `x y` of its input with the sign that Go returns for the pair. */
const COMPARE_PROGRAM = `package main

import (
	"go/version"
	"io"
	"os"
	"strings"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	signs := []string{" -1", " 0", " 1"}
	for _, line := range strings.Split(string(input), "\\n") {
		x, y, _ := strings.Cut(line, " ")
		os.Stdout.WriteString(line + signs[version.Compare(x, y)+1] + "\\n")
	}
}
`

describe('effectiveGoVersion', () => {
  const cases: [gotoolchain: string, local: string, go: string[], toolchain: string[], expected: string][] = [
    ['local', 'go1.24.3', ['1.99'], ['go1.99.1'], 'go1.24.3'],
    ['', 'go1.24.3', ['1.99'], [], 'go1.24.3'],
    ['auto', 'go1.24.3', [], [], 'go1.24.3'],
    ['auto', 'go1.24.3-X:foo', ['1.24.3'], ['go1.24.3'], 'go1.24.3-X:foo'],
    ['auto', 'go1.24.3', ['1.25'], [], 'go1.25.0'],
    ['auto', 'go1.24.3', ['1.25rc2'], [], 'go1.25rc2'],
    ['auto', 'go1.24rc1', ['1.24'], [], 'go1.24rc1'],
    ['auto', 'go1.24rc1', ['1.24.0'], [], 'go1.24.0'],
    ['auto', 'go1.24.3', ['1.21', '1.26.1', '1.25.9'], [], 'go1.26.1'],
    ['auto', 'go1.24.3', ['1.25.0'], ['go1.25.7', 'go1.25.2'], 'go1.25.7'],
    ['auto', 'go1.24.3', ['1.25.0'], ['default'], 'go1.24.3'],
    ['auto', 'go1.24.3', ['1.25.0', '1.26.0'], ['default'], 'go1.26.0'],
    ['path', 'go1.24.3', ['1.25.1'], [], 'go1.25.1'],
    ['go1.22.0', 'go1.24.3', ['1.25'], ['go1.25.1'], 'go1.22.0'],
    ['go1.22.0+auto', 'go1.24.3', ['1.21'], [], 'go1.22.0'],
    ['go1.22.0+path', 'go1.24.3', ['1.23'], [], 'go1.23.0'],
    ['local+auto', 'go1.24.3', ['1.25'], [], 'go1.25.0'],
    ['nonsense', 'go1.24.3', ['1.25'], [], 'go1.24.3'],
    ['go1.22.0+often', 'go1.24.3', ['1.25'], [], 'go1.24.3'],
    ['auto', 'go1.24.3', ['nonsense'], ['go1.nonsense'], 'go1.24.3'],
    ['auto', 'go1.20.14', ['1.25'], [], 'go1.20.14'],
    ['auto', 'devel +ab12', ['1.25'], [], 'devel +ab12'],
    ['auto', 'devel go1.27-ab12', ['1.26.5'], [], 'devel go1.27-ab12'],
    ['auto', 'devel go1.27-ab12', ['1.28'], [], 'go1.28.0'],
  ]
  test.each(cases)('GOTOOLCHAIN=%s, local %s, go %j, toolchain %j: %s', (...row) => {
    const [gotoolchain, local, goLines, toolchainLines, expected] = row
    expect(effectiveGoVersion({ local, goLines, toolchainLines, gotoolchain })).toBe(expected)
  })

  test('selects the same Go as the go command', () => {
    using place = temporaryDirectory()
    const environment = { GOMODCACHE: path.join(place.directory, 'cache') }
    const local = runGo(['env', 'GOVERSION'], { cwd: place.directory }).stdout.trim()
    const files: [go?: string, toolchain?: string][] = [
      [],
      ['1.21'],
      ['1.99'],
      ['1.99rc1'],
      ['1.99.2'],
      ['1.21', 'go1.99.3'],
      ['1.99.4', 'go1.99.3'],
      ['1.99.4', 'go1.99.5-custom'],
      ['1.99', 'default'],
      ['1.21', local],
    ]
    for (const gotoolchain of [
      'local',
      'auto',
      'path',
      'go1.22.1',
      'go1.98.1+auto',
      'go1.98+path',
      'local+path',
    ]) {
      for (const [go, toolchain] of files) {
        const lines = [
          'module x',
          ...(go ? [`go ${go}`] : []),
          ...(toolchain ? [`toolchain ${toolchain}`] : []),
        ]
        writeFileSync(path.join(place.directory, 'go.mod'), `${lines.join('\n')}\n`)
        const { status, stdout, stderr } = runGo(['version'], {
          cwd: place.directory,
          env: { ...environment, GOTOOLCHAIN: gotoolchain },
        })
        // No other Go is available, so the selected one appears in the error.
        const chosen =
          status === 0
            ? stdout.split(' ')[2]
            : /cannot find "(.+)" in PATH|download (\S+) for/.exec(stderr)?.slice(1).join('')
        const ours = effectiveGoVersion({
          local,
          goLines: go === undefined ? [] : [go],
          toolchainLines: toolchain === undefined ? [] : [toolchain],
          gotoolchain,
        })
        expect(ours, `GOTOOLCHAIN=${gotoolchain} ${lines.join('; ')}: ${stderr}`).toBe(chosen)
      }
    }
  })
})
