import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'

const source = path.resolve(import.meta.dirname, '../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll(path.sep, '/'))

/** Which folders of src a folder may import from, besides itself. Types may come from anywhere pure. */
const layers: Readonly<Record<string, readonly string[]>> = {
  inputs: ['modules'],
  modules: [],
  plan: ['inputs', 'modules', 'facts:types'],
  report: ['plan', 'inputs', 'modules', 'proof:types'],
  system: [],
  facts: ['system', 'inputs', 'modules'],
  go: ['system', 'modules', 'inputs'],
  // What is unpacked is hashed on the way.
  pack: ['system', 'modules', 'proof'],
  proof: ['system', 'modules'],
  cache: ['system', 'pack', 'proof', 'go', 'test-inputs', 'plan', 'modules', 'report', 'facts:types'],
  dependencies: ['system', 'go', 'proof', 'inputs', 'modules', 'report', 'plan:types'],
  // A bundle is put into the module cache as an entry is.
  offline: ['system', 'pack', 'proof', 'go', 'cache', 'plan', 'modules', 'inputs', 'report'],
  'test-inputs': ['system', 'plan', 'modules'],
  private: ['system', 'modules'],
  // The chapters of action.ts: they know everybody, and nobody but action.ts knows them.
  steps: [
    ...[
      'inputs',
      'modules',
      'plan',
      'report',
      'facts',
      'go',
      'cache',
      'dependencies',
      'offline',
      'test-inputs',
      'private',
      'system',
    ],
  ],
}
/** The only code that touches process, disk, network, threads and @actions/*. */
const effects = 'system'
/** Entries of a few lines; they start what `system` or `action.ts` hold. */
const entries = ['start-main.ts', 'start-post.ts', 'main.ts', 'post.ts', 'carrier.ts', 'worker.ts']
/** Modules of Node, and packages, that compute and touch nothing. */
const pureModules = ['node:path', 'node:crypto', 'node:buffer', 'node:zlib', 'node:url', 'semver']

interface Import {
  readonly from: string
  readonly typesOnly: boolean
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(path.join(source, file), 'utf8')
  return [...text.matchAll(/^(?:import|export)(\s+type)?[^'"]*?from\s+'([^']+)'/gms)].map((match) => ({
    from: match[2] ?? '',
    typesOnly: match[1] !== undefined || onlyInlineTypes(match[0]),
  }))
}

function onlyInlineTypes(statement: string): boolean {
  const names = /\{([^}]*)\}/s.exec(statement)?.[1]?.split(',') ?? ['']
  return names
    .map((name) => name.trim())
    .filter(Boolean)
    .every((name) => name.startsWith('type '))
}

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : ''
}

describe('layers', () => {
  test('every folder has its place in the table', () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ''))
    expect([...folders].sort()).toEqual(Object.keys(layers).sort())
  })

  test.each(files.filter((file) => folderOf(file) !== ''))('%s imports only what its layer may', (file) => {
    const folder = folderOf(file)
    const allowed = layers[folder] ?? []
    const wrong = importsOf(file)
      // The part of a package that the package itself does not export is none of src.
      .filter(({ from }) => from.startsWith('.') && !from.includes('/node_modules/'))
      .map((one) => ({ ...one, folder: folderOf(path.posix.join(path.posix.dirname(file), one.from)) }))
      .filter((one) => one.folder !== folder && !allowed.includes(one.folder))
      .filter((one) => !(one.typesOnly && allowed.includes(`${one.folder}:types`)))
    expect(wrong).toEqual([])
  })

  test.each(files.filter((file) => folderOf(file) !== effects && !entries.includes(file)))(
    '%s reaches the world through src/system only',
    (file) => {
      const packages = importsOf(file).filter(
        ({ from }) => !from.startsWith('.') && !pureModules.includes(from),
      )
      expect(packages).toEqual([])
      const code = readFileSync(path.join(source, file), 'utf8').replaceAll(/^\s*(?:\*|\/\*|\/\/).*$/gm, '')
      expect(code).not.toMatch(/\bprocess\.\w|\bconsole\.\w|\bfetch\(/)
    },
  )
})

describe('the log', () => {
  /** Writes commands and text of others so that the runner takes the one for the other never. */
  const door = 'system/runner.ts'
  /** Its output goes to a pipe of ours, and `system/carrier.ts` reads it. */
  const piped = 'system/toolkit-cache.ts'
  /** An old Node loads it, and could not load what `system/runner.ts` imports. Nothing foreign is in what it says. */
  const early = 'system/node-version.ts'

  test.each(files.filter((file) => file !== door))(
    '%s writes to it through system/runner.ts only',
    (file) => {
      expect(importsOf(file).filter(({ from }) => from.startsWith('@actions/core'))).toEqual([])
      const code = readFileSync(path.join(source, file), 'utf8').replaceAll(/^\s*(?:\*|\/\*|\/\/).*$/gm, '')
      expect(code).not.toMatch(/\bconsole\b|'inherit'|\bemitWarning\b|\bstdio: ?\[[^\]]*\b[12]\b/)
      if (file !== piped && file !== early)
        expect(code).not.toMatch(/\bprocess\.std(?:out|err)\b|\b(?:writeSync|createWriteStream)\([12]\b/)
      if (/@actions\/exec/.test(code)) expect(code).toMatch(/\bsilent: true\b/)
    },
  )

  test('system/runner.ts hands no text to the toolkit as it is', () => {
    const code = readFileSync(path.join(source, door), 'utf8')
    const written = [...code.matchAll(/core\.(?:info|debug|notice|warning|error|startGroup)\((.*)/g)].map(
      ([, given = '']) => given.trim(),
    )
    expect(written.length).toBeGreaterThan(5)
    // The one command that the toolkit has no function for.
    const raw = written.filter((given) => !/^logLines?\(/.test(given))
    expect(raw).toEqual(['`::add-matcher::${commandData(file)}`)'])
  })
})

describe('size', () => {
  test.each(files)('%s is one file, not two', (file) => {
    expect(readFileSync(path.join(source, file), 'utf8').split('\n').length).toBeLessThanOrEqual(350)
  })

  test.each(entries)('%s is a few lines', (file) => {
    expect(readFileSync(path.join(source, file), 'utf8').split('\n').length).toBeLessThanOrEqual(14)
  })

  test('nothing is called utils or helpers', () => {
    expect(files.filter((file) => /util|helper/i.test(file))).toEqual([])
  })
})

test('no test replaces a module by a mock', () => {
  const mock = /\bvi\.(?:do)?mock\(/i
  const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .filter((file) => mock.test(readFileSync(path.join(import.meta.dirname, file), 'utf8')))
  expect(tests).toEqual([])
})
