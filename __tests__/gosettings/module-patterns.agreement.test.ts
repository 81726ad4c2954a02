import { cpSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesModulePatterns } from '../../src/gosettings/module-patterns.ts'
import { runProcess } from '../../testbed/process.ts'
import { installedGo } from '../golden/go.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** The first run compiles the standard library once. */
const buildCache = path.resolve(import.meta.dirname, '../../.tools/build-caches/oracle')

const program = `package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/module"
)

func main() {
	file, _ := os.Open("cases.txt")
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		patterns, target, _ := strings.Cut(lines.Text(), "\\t")
		fmt.Println(module.MatchPrefixPatterns(patterns, target))
	}
}
`

/** The result of the go command's own code (golang.org/x/mod/module, MatchPrefixPatterns) of this Go. */
async function resultsOfGo(cases: readonly (readonly [patterns: string, target: string])[]) {
  const folder = temporaryFolder()
  const { program: go } = await installedGo('current')
  const source = path.join(path.dirname(go), '../src/cmd/vendor/golang.org/x/mod')
  for (const part of ['module', 'semver', 'internal/lazyregexp'])
    cpSync(path.join(source, part), path.join(folder, 'mod', part), { recursive: true })
  writeFiles(folder, {
    'mod/go.mod': 'module golang.org/x/mod\n\ngo 1.24\n',
    'go.mod':
      'module example.com/oracle\n\ngo 1.24\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n',
    'main.go': program,
  })
  writeFileSync(path.join(folder, 'cases.txt'), cases.map((one) => `${one.join('\t')}\n`).join(''))
  const ran = await runProcess({
    command: go,
    args: ['run', '.'],
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      GOCACHE: buildCache,
      GOTOOLCHAIN: 'local',
      GOFLAGS: '-mod=mod',
      GOPROXY: 'off',
    },
  })
  expect(ran.exitCode, ran.stderr).toBe(0)
  return ran.stdout
    .trim()
    .split('\n')
    .map((line) => line === 'true')
}

test('matches patterns exactly as the go command’s own code does', { timeout: 300_000 }, async () => {
  const element = fc.constantFrom('github.com', 'acme', 'acme-x', 'a', 'b', 'é', 'lib.v2', '')
  const piece = fc.constantFrom(
    '*',
    '?',
    '[a-c]',
    '[^a]',
    '[a',
    '\\a',
    '\\',
    'a',
    'acme',
    'github',
    '.com',
    '-',
    ']',
    '[]',
    '[\\]]',
    '[a-]',
    '[c-a]',
    '[^c-a]',
    '[-a]',
    '[\\--a]',
  )
  const glob = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''))
  const pattern = fc
    .array(fc.oneof(element, glob), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('/'))
  const target = fc.array(element, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  const scene = fc.tuple(
    fc.array(pattern, { minLength: 1, maxLength: 3 }).map((all) => all.join(',')),
    target,
  )
  const seed = Number(process.env.GO_DEPS_SEED ?? 5)
  const cases = fc.sample(scene, { numRuns: 2000, seed })
  const results = await resultsOfGo(cases)
  expect(results).toHaveLength(cases.length)
  expect(results.filter(Boolean).length).toBeGreaterThan(100)
  for (const [index, [patterns, name]] of cases.entries())
    expect([patterns, name, matchesModulePatterns(patterns, name)], `seed ${seed}`).toEqual([
      patterns,
      name,
      results[index],
    ])
})
