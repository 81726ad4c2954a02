import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type GoMod, parseGoMod } from '../../src/gofiles/go-mod.ts'
import { goCases } from '../harness/extent.ts'
import { runGo, temporaryDirectory } from './go-command.ts'
import { damagedText, goModItems, styles } from './go-files.ts'
import { printFile } from './print-go-files.ts'

const lineEnds = fc.constantFrom('\n' as const, '\r\n' as const)

describe('parseGoMod and go mod edit', () => {
  test('reads every kind of line of real files', () => {
    const expected: GoMod = {
      module: 'k8s.io/example/v2',
      go: '1.24.3',
      toolchain: 'go1.25.1',
      require: [
        { path: 'github.com/BurntSushi/toml', version: 'v1.2.1', indirect: false },
        { path: 'github.com/docker/docker', version: 'v28.1.1+incompatible', indirect: false },
        { path: 'gopkg.in/yaml.v3', version: 'v3.0.1', indirect: false },
        { path: 'golang.org/x/exp', version: 'v0.0.0-20240719175910-8a7402abbf56', indirect: true },
        { path: 'k8s.io/api', version: 'v0.0.0', indirect: true },
        { path: 'example.com/single', version: 'v1.0.0', indirect: false },
      ],
      replace: [
        { path: 'k8s.io/api', newPath: './staging/src/k8s.io/api' },
        {
          path: 'example.com/fork',
          version: 'v1.1.0',
          newPath: 'github.com/acme/fork',
          newVersion: 'v1.1.1-acme',
        },
        { path: 'example.com/spaced', newPath: '../My Modules/spaced' },
      ],
      exclude: [{ path: 'golang.org/x/net', version: 'v1.2.3' }],
      tool: ['golang.org/x/tools/cmd/stringer', 'example.com/single/cmd/gen'],
    }
    expect(parseGoMod(LARGE, 'go.mod')).toEqual(expected)
    expect(goJson(LARGE)).toEqual(expected)
  })

  test.each([
    ['indirect', true],
    ['  indirect\t', true],
    ['indirect; for the tests', true],
    ['indirect for the tests', false],
    ['not indirect', false],
    ['indirect;', false],
    ['', false],
  ])('agrees on the comment "//%s" as indirect: %s', (comment, indirect) => {
    const text = `module x\nrequire a v1.0.0 //${comment}\n`
    expect(parseGoMod(text, 'go.mod').require).toEqual([{ path: 'a', version: 'v1.0.0', indirect }])
    expect(goJson(text)?.require).toEqual([{ path: 'a', version: 'v1.0.0', indirect }])
  })

  test('agrees with go mod edit on generated files', async () => {
    await fc.assert(
      fc.property(goModItems, styles, lineEnds, (items, style, lineEnd) => {
        const text = printFile(items, style, lineEnd)
        expect(comparable(parseGoMod(text, 'go.mod'))).toEqual(goJson(text))
      }),
      { numRuns: goCases(60) },
    )
  })

  test('agrees with go mod edit on damaged files that Go accepts', async () => {
    let accepted = 0
    await fc.assert(
      fc.property(damagedText(goModItems), (text) => {
        const reference = goJson(text)
        // Without a module line go mod edit reports an empty path, where other go commands fail.
        if (reference === undefined || reference.module === '') return
        accepted++
        expect(comparable(parseGoMod(text, 'go.mod'))).toEqual(reference)
      }),
      { numRuns: goCases(150) },
    )
    expect(accepted).toBeGreaterThan(goCases(5) - 1)
  })
})

type GoModule = { Path: string; Version?: string }

/** Parses the text with go mod edit -json; undefined when Go rejects it. Duplicates count once there. */
function goJson(text: string): GoMod | undefined {
  using place = temporaryDirectory()
  writeFileSync(path.join(place.directory, 'go.mod'), text)
  const { status, stdout } = runGo(['mod', 'edit', '-json', 'go.mod'], { cwd: place.directory })
  if (status !== 0) return undefined
  const json = JSON.parse(stdout) as {
    Module: GoModule
    Go?: string
    Toolchain?: string
    Require: (GoModule & { Indirect?: boolean })[] | null
    Exclude: GoModule[] | null
    Replace: { Old: GoModule; New: GoModule }[] | null
    Tool: GoModule[] | null
  }
  return {
    module: json.Module.Path,
    ...(json.Go === undefined ? {} : { go: json.Go }),
    ...(json.Toolchain === undefined ? {} : { toolchain: json.Toolchain }),
    require: (json.Require ?? []).map(({ Path, Version = '', Indirect = false }) => ({
      path: Path,
      version: Version,
      indirect: Indirect,
    })),
    replace: (json.Replace ?? []).map(({ Old, New }) => ({
      path: Old.Path,
      ...(Old.Version === undefined ? {} : { version: Old.Version }),
      newPath: New.Path,
      ...(New.Version === undefined ? {} : { newVersion: New.Version }),
    })),
    exclude: (json.Exclude ?? []).map(({ Path, Version = '' }) => ({ path: Path, version: Version })),
    tool: (json.Tool ?? []).map(({ Path }) => Path),
  }
}

/** go mod edit drops repeated exclude and tool lines before it prints. */
function comparable(goMod: GoMod): GoMod {
  const seen = new Set<string>()
  const exclude = goMod.exclude.filter(({ path, version }) => {
    const key = JSON.stringify([path, version])
    return !seen.has(key) && seen.add(key)
  })
  return { ...goMod, exclude, tool: [...new Set(goMod.tool)] }
}

const LARGE = `// Deprecated: use v3.

module k8s.io/example/v2 // the module

go 1.24.3

toolchain go1.25.1

godebug (
	default=go1.24
	panicnil=1
)

require (
	github.com/BurntSushi/toml v1.2.1
	github.com/docker/docker v28.1.1+incompatible // why
	gopkg.in/yaml.v3 v3.0.1
)

require (
	// grouped by go mod tidy
	golang.org/x/exp v0.0.0-20240719175910-8a7402abbf56 // indirect

	k8s.io/api v0.0.0 // indirect; replaced
)

require example.com/single v1.0.0

exclude golang.org/x/net v1.2.3

replace k8s.io/api => ./staging/src/k8s.io/api

replace (
	example.com/fork v1.1.0 => github.com/acme/fork v1.1.1-acme
	"example.com/spaced" => "../My Modules/spaced"
)

retract (
	v1.0.0 // Published too early.
	[v1.1.0, v1.1.5]
)

ignore ./node_modules

tool (
	golang.org/x/tools/cmd/stringer
	example.com/single/cmd/gen
)
`
