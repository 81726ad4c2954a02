import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { moduleGraphHash, moduleGraphLines } from '../../src/cache/module-graph.ts'
import { parseGoMod } from '../../src/gofiles/go-mod.ts'
import { parseGoSum } from '../../src/gofiles/go-sum.ts'
import { parseGoWork } from '../../src/gofiles/go-work.ts'
import { goModItems, type Item, moduleVersion, type Style, styles } from '../gofiles/go-files.ts'
import { expectedGoMod, printFile } from '../gofiles/print-go-files.ts'

const GO_MOD = `module example.com/main

go 1.24

require (
	a.b/c v1.0.0
	d.e/f v1.1.0 // indirect
)

exclude a.b/c v0.9.0

replace d.e/f v1.1.0 => ../f

replace g.h/i => j.k/l v1.2.0

tool a.b/c/cmd/gen
`

const GO_SUM = `a.b/c v1.0.0 h1:one=
a.b/c v1.0.0/go.mod h1:two=
d.e/f v1.1.0 h1:three=
`

const GO_WORK = `go 1.24

use (
	.
	./sub
)

replace m.n/o => ./o
`

function hashOf({ goMod = GO_MOD, goSum = GO_SUM, goWork = GO_WORK } = {}): string {
  return moduleGraphHash({
    goMods: [parseGoMod(goMod, 'go.mod')],
    goWorks: [parseGoWork(goWork, 'go.work')],
    goSums: [parseGoSum(goSum, 'go.sum')],
  })
}

describe('moduleGraphLines', () => {
  test('holds the lines that decide which modules are downloaded, sorted', () => {
    const goMod = parseGoMod(GO_MOD, 'go.mod')
    const goSum = parseGoSum(GO_SUM, 'go.sum')
    const goWorks = [parseGoWork(GO_WORK, 'go.work')]
    expect(moduleGraphLines({ goMods: [goMod, goMod], goWorks, goSums: [goSum, goSum] })).toEqual([
      '["exclude","a.b/c","v0.9.0"]',
      '["replace","d.e/f","v1.1.0","../f",""]',
      '["replace","g.h/i","","j.k/l","v1.2.0"]',
      '["replace","m.n/o","","./o",""]',
      '["require","a.b/c","v1.0.0"]',
      '["require","d.e/f","v1.1.0"]',
      '["sum","a.b/c","v1.0.0","h1:one="]',
      '["sum","d.e/f","v1.1.0","h1:three="]',
      '["tool","a.b/c/cmd/gen"]',
    ])
  })

  test('differs for any two different graphs: it can be parsed back', async () => {
    await fc.assert(
      fc.property(goModItems, (items) => {
        const goMod = expectedGoMod(items)
        const lines = moduleGraphLines({ goMods: [goMod], goWorks: [], goSums: [] })
        const readBack = (verb: string) =>
          lines
            .map((line) => JSON.parse(line) as string[])
            .flatMap(([first, ...fields]) => (first === verb ? [fields] : []))
        expect(asSet(readBack('require'))).toEqual(asSet(goMod.require.map((r) => [r.path, r.version])))
        expect(asSet(readBack('exclude'))).toEqual(asSet(goMod.exclude.map((r) => [r.path, r.version])))
        expect(asSet(readBack('tool'))).toEqual(asSet(goMod.tool.map((tool) => [tool])))
        expect(asSet(readBack('replace'))).toEqual(
          asSet(goMod.replace.map((r) => [r.path, r.version ?? '', r.newPath, r.newVersion ?? ''])),
        )
        expect(lines.some((line) => line.includes('\n'))).toBe(false)
      }),
    )
  })
})

function asSet(rows: readonly (readonly string[])[]): Set<string> {
  return new Set(rows.map((row) => JSON.stringify(row)))
}

describe('moduleGraphHash', () => {
  test('has a fixed value, since changing it invalidates every cache', () => {
    expect(hashOf()).toBe('dbf683860dd6dd6ea533101a7adccc7cec1712f29c128814cc5d2cf6f87d102d')
    expect(moduleGraphHash({ goMods: [], goWorks: [], goSums: [] })).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
  })

  test.each([
    ['CRLF', { goMod: GO_MOD.replaceAll('\n', '\r\n'), goSum: GO_SUM.replaceAll('\n', '\r\n') }],
    ['comments', { goMod: `// text\n${GO_MOD.replace('v1.0.0\n', 'v1.0.0 // text\n')}` }],
    ['// indirect', { goMod: GO_MOD.replace(' // indirect', '') }],
    ['the order of go.sum', { goSum: GO_SUM.trimEnd().split('\n').reverse().join('\n') }],
    ['blank lines in go.sum', { goSum: GO_SUM.replaceAll('\n', '\n\n') }],
    ['a repeated line in go.sum', { goSum: GO_SUM + GO_SUM }],
    ['a /go.mod hash', { goSum: GO_SUM.replace('two', 'other') }],
    ['a /go.mod line', { goSum: `${GO_SUM}x.y/z v1.0.0/go.mod h1:x=\n` }],
    ['another hash algorithm', { goSum: `${GO_SUM}x.y/z v1.0.0 h9:x=\n` }],
    ['the go line', { goMod: GO_MOD.replace('go 1.24', 'go 1.25\ntoolchain go1.25.1') }],
    ['the module path', { goMod: GO_MOD.replace('example.com/main', 'example.com/moved') }],
    ['retractions', { goMod: `${GO_MOD}retract v1.0.0\n` }],
    ['a used directory', { goWork: GO_WORK.replace('./sub', './moved') }],
  ])('ignores %s', (_, changed) => {
    expect(hashOf(changed)).toBe(hashOf())
  })

  test.each([
    ['a required version', { goMod: GO_MOD.replace('c v1.0.0', 'c v1.0.1') }],
    ['a removed requirement', { goMod: GO_MOD.replace('a.b/c v1.0.0', '') }],
    ['an excluded version', { goMod: GO_MOD.replace('v0.9.0', 'v0.9.1') }],
    ['a replacement directory', { goMod: GO_MOD.replace('../f', '../g') }],
    ['a replacement version', { goMod: GO_MOD.replace('v1.2.0', 'v1.2.1') }],
    ['another replaced version', { goMod: GO_MOD.replace('f v1.1.0 =>', 'f =>') }],
    ['a tool', { goMod: GO_MOD.replace('cmd/gen', 'cmd/other') }],
    ['a hash', { goSum: GO_SUM.replace('one', 'One') }],
    ['another hashed version', { goSum: GO_SUM.replace('v1.1.0', 'v1.1.1') }],
    ['another hashed module', { goSum: GO_SUM.replace('d.e/f', 'd.e/F') }],
    ['a removed hash', { goSum: GO_SUM.replace('d.e/f v1.1.0 h1:three=\n', '') }],
    ['a replacement in the workspace', { goWork: GO_WORK.replace('./o', './p') }],
  ])('changes with %s', (_, changed) => {
    expect(hashOf(changed)).not.toBe(hashOf())
  })

  test('does not depend on order, style or skipped lines', async () => {
    const anotherStyle = fc.tuple(styles, fc.constantFrom('\n' as const, '\r\n' as const))
    const variants = goModItems
      // Order matters only for two replacements of one module.
      .map((items) => [...new Map(items.map((item) => [keyOf(item), item])).values()])
      .chain((items) => fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })))
    await fc.assert(
      fc.property(variants, anotherStyle, anotherStyle, ([items, reordered], first, second) => {
        expect(hashOfItems(reordered.map(flipIndirect), ...second)).toBe(hashOfItems(items, ...first))
      }),
    )
  })

  test('changes with every version, hash and path of go.sum', async () => {
    const sums = fc.uniqueArray(moduleVersion, {
      minLength: 1,
      selector: ({ path, version }) => `${path} ${version}`,
    })
    await fc.assert(
      fc.property(sums, fc.nat(), fc.constantFrom('path', 'version', 'h1'), (modules, at, field) => {
        const trees = modules.map((module) => ({ ...module, h1: `h1:${module.path}=` }))
        const changed = trees.map((tree, index) =>
          index === at % trees.length ? { ...tree, [field]: `${tree[field as 'path']}x` } : tree,
        )
        const hash = (list: typeof trees) =>
          moduleGraphHash({ goMods: [], goWorks: [], goSums: [{ trees: list, goMods: [] }] })
        expect(hash(changed)).not.toBe(hash(trees))
      }),
    )
  })
})

function keyOf(item: Item): string {
  return item.verb === 'replace'
    ? JSON.stringify([item.replacement.path, item.replacement.version])
    : JSON.stringify(item)
}

function flipIndirect(item: Item): Item {
  return item.verb === 'require' ? { ...item, indirect: !item.indirect } : item
}

function hashOfItems(items: readonly Item[], style: readonly Style[], lineEnd: '\n' | '\r\n'): string {
  const goMod = parseGoMod(printFile(items, style, lineEnd), 'go.mod')
  return moduleGraphHash({ goMods: [goMod], goWorks: [], goSums: [] })
}
