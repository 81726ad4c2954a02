import * as fc from 'fast-check'
import type { Replacement } from '../../src/gofiles/directives.ts'
import type { ModuleVersion } from '../../src/gofiles/module-path.ts'
import { printFile } from './print-go-files.ts'

/** One line of a go.mod or go.work file, before it is written out. */
export type Item =
  | { readonly verb: 'module' | 'go' | 'toolchain' | 'tool' | 'use'; readonly value: string }
  | { readonly verb: 'require'; readonly module: ModuleVersion; readonly indirect: boolean }
  | { readonly verb: 'exclude'; readonly module: ModuleVersion }
  | { readonly verb: 'replace'; readonly replacement: Replacement }
  | { readonly verb: 'skipped'; readonly text: string }

/** How an item is written: no style changes the meaning of the file. */
export type Style = {
  readonly block: boolean
  readonly quote: boolean
  readonly indent: string
  readonly before: string
  readonly after: string
}

const element = fc.oneof(
  fc.constantFrom('BurntSushi', 'toml', 'go-yaml', 'x', 'internal.d', 'a_b', 'k8s~io'),
  fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(...'abcXYZ019-_') }),
)

const release = fc
  .tuple(fc.nat(30), fc.nat(200), fc.constantFrom('', '-rc.1', '-0.20240102030405-abcdef012345', '-alpha'))
  .map(([minor, patch, rest]) => `${minor}.${patch}${rest}`)

/** A module at a version that fits its path, as Go requires (module.CheckPathMajor). */
export const moduleVersion: fc.Arbitrary<ModuleVersion> = fc
  .tuple(
    fc.constantFrom('github.com', 'golang.org', 'gopkg.in', 'k8s.io', 'example.com'),
    fc.array(element, { minLength: 1, maxLength: 3 }),
    fc.nat(12),
    release,
    fc.boolean(),
  )
  .map(([host, elements, major, rest, incompatible]) => {
    const path = `${host}/${elements.join('/')}e`
    if (host === 'gopkg.in') return { path: `${path}.v${major}`, version: `v${major}.${rest}` }
    if (major < 2) return { path, version: `v${major}.${rest}` }
    if (incompatible) return { path, version: `v${major}.${rest}+incompatible` }
    return { path: `${path}/v${major}`, version: `v${major}.${rest}` }
  })

// Any text may be quoted; line endings only as escapes, which printing handles.
const anyText = fc.string({ unit: 'grapheme', maxLength: 12 })

const directory = fc.oneof(
  fc.constantFrom('.', '..', '../sibling', './sub dir', '/abs/dir', './a,b(c)', './"quoted"', 'C:/go/x'),
  anyText.map((text) => `./${text.replaceAll('\\', '')}`),
)

const replacement: fc.Arbitrary<Replacement> = fc
  .tuple(moduleVersion, fc.boolean(), fc.oneof(directory, moduleVersion))
  .map(([old, wildcard, target]) => ({
    path: old.path,
    ...(wildcard ? {} : { version: old.version }),
    ...(typeof target === 'string'
      ? { newPath: target }
      : { newPath: target.path, newVersion: target.version }),
  }))

const goLine = fc.constantFrom('1.13', '1.21', '1.21.0', '1.22rc1', '1.24.3', '1.100.12')
const toolchainLine = fc.constantFrom('default', 'go1.21.1', 'go1.24.3-custom', 'go1.99rc2')
const skipped = fc.constantFrom(
  'retract v1.2.3',
  'retract [v1.0.0, v1.1.0]',
  'godebug panicnil=1',
  'ignore ./x',
)

const one = <T extends string>(verb: T, value: fc.Arbitrary<string>) =>
  fc.option(value, { nil: undefined }).map((text) => (text === undefined ? [] : [{ verb, value: text }]))

const replaceItem = replacement.map((value): Item => ({ verb: 'replace', replacement: value }))

const goModItem: fc.Arbitrary<Item> = fc.oneof(
  fc.record({ verb: fc.constant('require' as const), module: moduleVersion, indirect: fc.boolean() }),
  fc.record({ verb: fc.constant('exclude' as const), module: moduleVersion }),
  replaceItem,
  fc.record({
    verb: fc.constant('tool' as const),
    value: fc.oneof(
      moduleVersion.map((m) => m.path),
      anyText,
    ),
  }),
  skipped.map((text): Item => ({ verb: 'skipped', text })),
)

const useItem = fc.record({ verb: fc.constant('use' as const), value: directory })

function shuffled(parts: readonly fc.Arbitrary<readonly Item[]>[]): fc.Arbitrary<Item[]> {
  return fc
    .tuple(...parts)
    .map((lists) => lists.flat())
    .chain((items) => fc.shuffledSubarray(items, { minLength: items.length }))
}

/** The lines of a go.mod file in any order, possibly with a repeated replacement. */
export const goModItems: fc.Arbitrary<Item[]> = shuffled([
  fc
    .oneof(
      moduleVersion.map((m) => m.path),
      anyText,
    )
    .map((value): Item[] => [{ verb: 'module', value }]),
  one('go', goLine),
  one('toolchain', toolchainLine),
  fc.array(goModItem, { maxLength: 12 }),
])

/** The lines of a go.work file in any order. */
export const goWorkItems: fc.Arbitrary<Item[]> = shuffled([
  one('go', goLine),
  one('toolchain', toolchainLine),
  fc.array(fc.oneof(useItem, replaceItem), { maxLength: 8 }),
])

/** A style for each item of a file; printing uses style i modulo the length for item i. */
export const styles: fc.Arbitrary<Style[]> = fc.array(
  fc.record({
    block: fc.boolean(),
    quote: fc.boolean(),
    indent: fc.constantFrom('', '\t', '    '),
    before: fc.constantFrom('', '\n', '// a comment (with [brackets]\n', '\n\n// "unbalanced\n'),
    after: fc.constantFrom('', ' // more', '//x', ' // indirectly'),
  }),
  { minLength: 1, maxLength: 8 },
)

/** Decodes arbitrary bytes as UTF-8. */
export function decodedBytes(maxLength: number): fc.Arbitrary<string> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('utf8'))
}

/** A valid file with one place overwritten, or a random mix of parts of such files. */
export const damagedText = (items: fc.Arbitrary<Item[]>): fc.Arbitrary<string> => {
  const scrap = fc.oneof(
    fc.constantFrom(
      '"',
      '`',
      '(',
      ')',
      '//',
      '/*',
      '=>',
      '\n',
      '\r\n',
      ' ',
      '\\',
      '<<<<<<< a\n',
      ',',
      'v1.2',
      'go 1.21\n',
    ),
    fc.constantFrom(
      'require',
      'module x\n',
      'replace (\n',
      'retract',
      'future (\n',
      '\ufeff',
      '\u0000',
      '\u00a0',
      "'",
    ),
    decodedBytes(3),
  )
  const overwritten = fc
    .tuple(items, styles, fc.nat(), fc.nat(6), scrap)
    .map(([list, style, at, length, replacement]) => {
      const text = printFile(list, style, '\n')
      const start = at % (text.length + 1)
      return text.slice(0, start) + replacement + text.slice(start + length)
    })
  return fc.oneof(
    overwritten,
    fc.array(scrap, { maxLength: 20 }).map((parts) => parts.join('')),
  )
}
