import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type GoWork, parseGoWork } from '../../src/gofiles/go-work.ts'
import { GoFileError } from '../../src/gofiles/syntax.ts'
import { goCases } from '../harness/extent.ts'
import { runGo, temporaryDirectory } from './go-command.ts'
import { damagedText, decodedBytes, goWorkItems, styles } from './go-files.ts'
import { expectedGoWork, printFile } from './print-go-files.ts'

const REAL = `go 1.24.0

toolchain go1.25.1

godebug default=go1.24

// The services.
use (
	.
	./services/api // first
	./staging/src/k8s.io/api
	"../My Modules/x"
)

use ../tools

replace example.com/fork v1.1.0 => github.com/acme/fork v1.1.1-acme
`

const lineEnds = fc.constantFrom('\n' as const, '\r\n' as const)

describe('parseGoWork', () => {
  test('reads every kind of line of real files', () => {
    const expected: GoWork = {
      go: '1.24.0',
      toolchain: 'go1.25.1',
      use: ['.', './services/api', './staging/src/k8s.io/api', '../My Modules/x', '../tools'],
      replace: [
        {
          path: 'example.com/fork',
          version: 'v1.1.0',
          newPath: 'github.com/acme/fork',
          newVersion: 'v1.1.1-acme',
        },
      ],
    }
    expect(parseGoWork(REAL, 'go.work')).toEqual(expected)
    expect(goJson(REAL)).toEqual(withoutToolchain(expected))
  })

  test.each([
    ['an empty file', '', { use: [], replace: [] }],
    ['directories as written', 'use ./a/../b/\nuse .\\win\n', { use: ['./a/../b/', '.\\win'], replace: [] }],
    ['unknown directives', 'go 1.99\nignore ./x\n', { go: '1.99', use: [], replace: [] }],
  ])('accepts %s', (_, text, expected) => {
    expect(parseGoWork(text, 'go.work')).toEqual(expected)
  })

  test.each([
    ['use without a directory', 'go 1.21\nuse\n', 2, /usage: use/],
    ['use with two directories', 'use ./a ./b\n', 1, /usage: use/],
    ['a second go line', 'go 1.21\ngo 1.22\n', 2, /repeated go/],
    ['a second toolchain line', 'toolchain go1.22.0\ntoolchain default\n', 2, /repeated toolchain/],
    ['an open string', 'use "./a\n', 1, /no closing quote/],
    ['a target without version', 'replace (\n\ta => b\n)\n', 2, /has no version/],
  ])('rejects %s on the line that Go names', (_, text, line, problem) => {
    expect(() => parseGoWork(text, 'go.work')).toThrow(problem)
    expect(() => parseGoWork(text, 'go.work')).toThrow(expect.objectContaining({ file: 'go.work', line }))
    expect(goWorkEdit(text).stderr).toMatch(new RegExp(`go\\.work:${line}:`))
  })

  test('reads back what was printed, in any order and style', async () => {
    await fc.assert(
      fc.property(goWorkItems, styles, lineEnds, (items, style, lineEnd) => {
        expect(parseGoWork(printFile(items, style, lineEnd), 'go.work')).toEqual(expectedGoWork(items))
      }),
      { numRuns: 300 },
    )
  })

  test('agrees with go work edit on generated files', async () => {
    await fc.assert(
      fc.property(goWorkItems, styles, lineEnds, (items, style, lineEnd) => {
        const text = printFile(items, style, lineEnd)
        expect(withoutToolchain(parseGoWork(text, 'go.work'))).toEqual(goJson(text))
      }),
      { numRuns: goCases(40) },
    )
  })

  test('throws only GoFileError', async () => {
    await fc.assert(
      fc.property(fc.oneof(damagedText(goWorkItems), decodedBytes(60)), (text) => {
        try {
          parseGoWork(text, 'go.work')
        } catch (error) {
          if (!(error instanceof GoFileError)) throw error
        }
      }),
      { numRuns: 1000 },
    )
  })
})

function goWorkEdit(text: string) {
  using place = temporaryDirectory()
  writeFileSync(path.join(place.directory, 'go.work'), text)
  return runGo(['work', 'edit', '-json', 'go.work'], { cwd: place.directory })
}

/** go work edit -json omits the toolchain line. */
function withoutToolchain({ toolchain: _, ...rest }: GoWork): GoWork {
  return rest
}

type GoModule = { Path: string; Version?: string }

/** Parses the text with go work edit -json; undefined when Go rejects it. */
function goJson(text: string): GoWork | undefined {
  const { status, stdout } = goWorkEdit(text)
  if (status !== 0) return undefined
  const json = JSON.parse(stdout) as {
    Go?: string
    Toolchain?: string
    Use: { DiskPath: string }[] | null
    Replace: { Old: GoModule; New: GoModule }[] | null
  }
  return {
    ...(json.Go === undefined ? {} : { go: json.Go }),
    ...(json.Toolchain === undefined ? {} : { toolchain: json.Toolchain }),
    use: (json.Use ?? []).map(({ DiskPath }) => DiskPath),
    replace: (json.Replace ?? []).map(({ Old, New }) => ({
      path: Old.Path,
      ...(Old.Version === undefined ? {} : { version: Old.Version }),
      newPath: New.Path,
      ...(New.Version === undefined ? {} : { newVersion: New.Version }),
    })),
  }
}
