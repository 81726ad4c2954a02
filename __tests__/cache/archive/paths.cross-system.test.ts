import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs'
import * as path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pathProblem } from '../../../src/cache/archive/paths.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'
import { packAs, type System, systems, unpackAs } from './as-system.ts'
import { end, forgeEntry, member } from './forged.ts'
import { readTree, type Tree, topUnits, writeTree } from './trees.ts'

const deep = 'a-directory-with-a-long-name/'.repeat(10)

/** A module cache with names and contents that are hard for one system or another. */
const modules: Tree = {
  'cache/download/github.com/!azure/!s!d!k/@v/list': 'v1.0.0\nv1.0.0-RC1\n',
  'cache/download/github.com/!azure/!s!d!k/@v/v1.0.0-!r!c1.info': '{"Version":"v1.0.0-RC1"}',
  'cache/download/github.com/!azure/!s!d!k/@v/v1.0.0-!r!c1.mod': 'module github.com/Azure/SDK\n',
  'cache/download/github.com/!azure/!s!d!k/@v/v1.0.0-!r!c1.ziphash': 'h1:A=',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/crlf.go': 'package sdk\r\n\r\nconst a = "\r"\r\n',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/lf.go': 'package sdk\n',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/mark.txt':
    '\uFEFFbyte order mark, and what ends a text in DOS: \u001A\r\n',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/.gitattributes': '* text=auto eol=crlf\n',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/tool.exe': Buffer.from('4d5a90000300000004000000ffff0000', 'hex'),
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/build.bat': '@echo off\r\n',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/configure': '#!/bin/sh\n',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/testdata/longna~1.txt': 'x',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/testdata/a b {c} [d] (e) $f%g^h&i=j,k.txt': 'x',
  'github.com/!azure/!s!d!k@v1.0.0-!r!c1/testdata/日本語/ß.txt': 'x',
  [`example.com/deep@v1.0.0/${deep}file.go`]: 'package deep\n',
}

/** Files and directories as each system reports what Go has written: Windows reports no meaningful mode bits. */
const shown: Readonly<Record<System, { readonly file: number; readonly directory: number }>> = {
  linux: { file: 0o444, directory: 0o755 },
  darwin: { file: 0o444, directory: 0o755 },
  win32: { file: 0o777, directory: 0o777 },
}

/** Writes the module cache as Go does on the given system, and packs it there. */
async function packedOn(system: System, folder: string): Promise<{ base: string; entry: string }> {
  const [base, entry] = [path.join(folder, `${system}-base`), path.join(folder, `${system}-entry`)]
  mkdirSync(base)
  writeTree(base, modules)
  const names = readdirSync(base, { recursive: true, encoding: 'utf8' })
  for (const [index, name] of names.toSorted((a, b) => b.length - a.length).entries()) {
    const target = path.join(base, name)
    const time = 1_700_000_000 + index + systems.indexOf(system)
    utimesSync(target, time, time)
    const isFile = Object.hasOwn(modules, name)
    chmodSync(target, isFile ? shown[system].file : shown[system].directory)
  }
  await packAs(system, base, topUnits(base), entry)
  return { base, entry }
}

/** Names and contents below a folder, without modes and times. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const digests = Object.entries(readTree(folder)).map(([name, text]) => [name, text.split(' ').at(-1) ?? ''])
  return Object.fromEntries(digests)
}

const bytesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name)).toString('base64')]),
  )

// Modes are set here as each system would report them.
describe.runIf(isUnix)('one module entry for all systems', () => {
  test('is identical to the byte on every system that packs it', async () => {
    expect(`github.com/x@v1.0.0/${deep}`.length).toBeGreaterThan(260)
    const folder = temporaryFolder()
    const [linux, ...others] = await Promise.all(systems.map((system) => packedOn(system, folder)))
    expect(Object.keys(bytesOf(linux?.entry ?? ''))).toEqual([
      'manifest.json',
      'shard-0.tar.zst',
      'shard-1.tar.zst',
    ])
    for (const { entry } of others) expect(bytesOf(entry)).toEqual(bytesOf(linux?.entry ?? ''))
  })

  test.each(systems.flatMap((from) => systems.map((to) => [from, to] as const)))(
    'packed on %s, unpacks on %s with the same names, contents and modes',
    async (from, to) => {
      const folder = temporaryFolder()
      const { base, entry } = await packedOn(from, folder)
      const stage = path.join(folder, 'stage')
      expect(await unpackAs(to, entry, stage)).toBe('unpacked')
      expect(contentOf(stage)).toEqual(contentOf(base))
      const files = Object.entries(readTree(stage)).filter(([name]) => Object.hasOwn(modules, name))
      expect(files.length).toBe(Object.keys(modules).length)
      // Go writes module files without this bit on every system (golang.org/x/mod/zip, Unzip).
      for (const [name, text] of files) expect([name, text.split(' ')[0]]).toEqual([name, '644'])
    },
  )
})

// Even with a faked platform, real Windows cannot create these files.
describe.runIf(isUnix)('a name that Windows cannot store', () => {
  test.each([
    ['root/aux.go', 'has a part that Windows reserves'],
    ['root/a:stream', 'holds a character that Windows forbids'],
    ['root/dot.', 'has a part that ends with a dot or a space'],
  ])('in a tar, is reported as damage on Windows and nowhere else: %s', async (name, problem) => {
    const folder = temporaryFolder()
    const tar = Buffer.concat([
      member({ path: 'root', isDirectory: true }),
      member({ path: name }, 'hello'),
      end,
    ])
    forgeEntry(path.join(folder, 'entry'), [tar], { files: 1, bytes: 5 })
    for (const system of systems) {
      const text = await unpackAs(system, path.join(folder, 'entry'), path.join(folder, system))
      const refusal = `shard-0.tar.zst: its tar holds the path ${JSON.stringify(name)}, which ${problem}`
      expect([system, text]).toEqual([system, system === 'win32' ? refusal : 'unpacked'])
      expect(existsSync(path.join(folder, system, name))).toBe(system !== 'win32')
    }
  })

  test('in a manifest, is refused on Windows before anything is unpacked', async () => {
    const folder = temporaryFolder()
    const units = [{ name: 'unit', roots: ['nul.mod'], shard: 0 }]
    forgeEntry(
      path.join(folder, 'entry'),
      [Buffer.concat([member({ path: 'nul.mod' }, 'hello'), end])],
      { files: 1, bytes: 5 },
      { units },
    )
    for (const system of systems) {
      const text = await unpackAs(system, path.join(folder, 'entry'), path.join(folder, system))
      if (system === 'win32') expect(text).toContain('the root "nul.mod" has a part that Windows reserves')
      else expect(text).toBe('unpacked')
    }
  })
})

test('every name that Go accepts in a module can be unpacked on every system', () => {
  // golang.org/x/mod/module, CheckFilePath. Windows also drops a space at the end of a name, and reserves the
  // devices COM0, LPT0, CONIN$ and CONOUT$, which no module uses as file names.
  const letters = fc.constantFrom(...'aZ0!#$%&()+,-.=@[]^_{}~ éß日Ω'.split(''), 'con', 'Aux', 'COM1')
  const devices = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$) *(?:\.|$)/i
  const element = fc
    .array(letters, { minLength: 1, maxLength: 8 })
    .map((some) => some.join(''))
    .filter((name) => !/[. ]$/.test(name) && !devices.test(name))
  fc.assert(
    fc.property(fc.array(element, { minLength: 1, maxLength: 5 }), (elements) => {
      const name = `example.com/!upper@v1.0.0-!r!c1/${elements.join('/')}`
      for (const system of systems) expect(pathProblem(name, system)).toBeUndefined()
    }),
  )
})

test('names that differ in case alone are two files, or damage on a case-insensitive file system', async () => {
  // No module has such names: Go refuses them (golang.org/x/mod/zip, collisionChecker).
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'case'))
  const isCaseSensitive = !existsSync(path.join(folder, 'CASE'))
  const files = [member({ path: 'root/README' }, 'upper'), member({ path: 'root/readme' }, 'lower')]
  const tar = Buffer.concat([member({ path: 'root', isDirectory: true }), ...files, end])
  forgeEntry(path.join(folder, 'entry'), [tar], { files: 2, bytes: 10 })
  const text = await unpackAs('linux', path.join(folder, 'entry'), path.join(folder, 'stage'))
  if (isCaseSensitive) {
    expect(text).toBe('unpacked')
    const read = (name: string) => readFileSync(path.join(folder, 'stage/root', name), 'utf8')
    expect([read('README'), read('readme')]).toEqual(['upper', 'lower'])
  } else {
    expect(text).toContain(
      '"root/readme" exists twice, or has a name that this system treats as equal to another name',
    )
  }
})
