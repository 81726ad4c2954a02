import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'

const source = path.resolve(import.meta.dirname, '../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll(path.sep, '/'))

/**
 * What each part of src may import from, besides itself: a folder, or one of the files that stand for themselves.
 * `x:types` allows types alone. Folders of data and decisions come first, effects and the story last.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  text: [],
  gofiles: ['errors.ts'],
  gosettings: ['gofiles', 'text'],
  'errors.ts': [],
  inputs: ['gosettings', 'text', 'errors.ts:types'],
  'gocmd/explain': ['gofiles', 'gosettings', 'text'],
  platform: ['errors.ts'],
  'platform/cache-client': ['platform', 'errors.ts'],
  'github-context.ts': ['platform'],
  gocmd: ['gocmd/explain', 'gofiles', 'gosettings', 'platform', 'inputs:types', 'errors.ts', 'cache:types'],
  checkout: ['gofiles', 'gosettings', 'inputs', 'platform', 'text', 'errors.ts', 'gocmd:types'],
  auth: [
    'gocmd',
    'gocmd/explain',
    'gofiles',
    'gosettings',
    'inputs',
    'platform',
    'text',
    'errors.ts:types',
    'github-context.ts:types',
  ],
  'setup-go': [
    'checkout',
    'gocmd',
    'gocmd/explain',
    'gofiles',
    'gosettings',
    'platform',
    'text',
    'errors.ts',
  ],
  testcache: ['platform', 'job.ts:types'],
  'cache/archive': ['gofiles', 'platform', 'errors.ts'],
  'cache/store': ['platform/cache-client'],
  // What both caches share; `cache/cache.ts` is its face.
  cache: [
    ...['cache/archive', 'gofiles', 'gosettings', 'platform', 'text'],
    ...['cache/gomodcache:types', 'cache/store:types', 'gocmd:types', 'inputs:types'],
    ...['errors.ts', 'github-context.ts:types', 'state.ts:types'],
  ],
  'cache/gomodcache': [
    ...['cache', 'cache/archive', 'gocmd', 'gocmd/explain', 'gofiles', 'gosettings', 'platform', 'text'],
    ...['inputs:types', 'job.ts:types', 'state.ts:types'],
  ],
  'cache/gocache': [
    ...[
      'cache',
      'cache/archive',
      'cache/gomodcache',
      'gocmd',
      'gofiles',
      'gosettings',
      'platform',
      'testcache',
    ],
    ...['inputs:types', 'job.ts:types', 'state.ts:types'],
  ],
  'cache/directories.ts': ['cache/gocache', 'platform', 'gocmd:types', 'inputs:types'],
  'cache/cache.ts': [
    ...[
      'cache',
      'cache/gocache',
      'cache/gomodcache',
      'cache/store',
      'gocmd',
      'gofiles',
      'gosettings',
      'platform',
    ],
    ...['job.ts:types', 'state.ts:types'],
  ],
  dependencies: [
    ...[
      'cache/archive',
      'cache/gomodcache',
      'checkout',
      'gocmd',
      'gocmd/explain',
      'gofiles',
      'platform',
      'text',
    ],
    ...['errors.ts', 'inputs:types', 'job.ts:types'],
  ],
  // A bundle is put into the module cache as an entry is.
  bundle: [
    ...['cache', 'cache/archive', 'cache/gomodcache', 'checkout', 'gocmd', 'gocmd/explain', 'gofiles'],
    ...['gosettings', 'inputs', 'platform', 'text', 'errors.ts', 'job.ts:types', 'report:types'],
  ],
  offline: [
    ...['cache/gomodcache', 'gocmd', 'gocmd/explain', 'gofiles', 'gosettings', 'inputs', 'platform', 'text'],
    ...['errors.ts', 'phases:types'],
  ],
  validate: [
    ...['auth', 'checkout', 'dependencies', 'gocmd', 'gocmd/explain', 'gofiles', 'gosettings', 'inputs'],
    ...['offline', 'platform', 'setup-go', 'errors.ts', 'github-context.ts', 'job.ts:types'],
  ],
  report: [
    ...['bundle', 'cache', 'dependencies', 'gocmd', 'gofiles', 'text'],
    ...['inputs:types', 'job.ts:types', 'offline:types', 'platform:types'],
  ],
  'job.ts': [
    ...['cache:types', 'cache/gomodcache:types', 'dependencies:types', 'gocmd:types', 'gofiles:types'],
    ...['inputs:types', 'platform:types', 'github-context.ts:types'],
  ],
  'state.ts': ['cache', 'cache/gocache', 'gocmd', 'platform', 'job.ts:types'],
  // The phases know every folder, and only main.ts and post.ts know them.
  phases: [
    ...[
      'auth',
      'bundle',
      'cache',
      'cache/cache.ts',
      'cache/directories.ts',
      'cache/gocache',
      'cache/gomodcache',
    ],
    ...[
      'checkout',
      'dependencies',
      'gocmd',
      'gofiles',
      'gosettings',
      'inputs',
      'offline',
      'platform',
      'report',
    ],
    ...['setup-go', 'testcache', 'validate', 'errors.ts', 'github-context.ts', 'state.ts', 'job.ts:types'],
  ],
  'main.ts': ['auth', 'bundle', 'cache/cache.ts', 'inputs', 'offline', 'phases', 'platform'],
  'post.ts': [
    ...['auth', 'cache', 'cache/cache.ts', 'cache/gomodcache', 'inputs', 'phases', 'platform', 'state.ts'],
  ],
  'start-main.ts': ['platform', 'main.ts'],
  'start-post.ts': ['platform', 'post.ts'],
  'cache-client.ts': ['platform/cache-client'],
  'worker.ts': ['cache/archive', 'platform'],
}
/** The only code that touches process, disk, network, threads and @actions/*. */
const effects = 'platform'
/** Entries of a few lines; they start what other files hold. */
const entries = ['start-main.ts', 'start-post.ts', 'cache-client.ts', 'worker.ts']
/** The two stories, each on one screen. */
const stories = ['main.ts', 'post.ts']
/** Modules of Node, and packages, that compute and touch nothing. */
const pureModules = ['node:path', 'node:crypto', 'node:buffer', 'node:zlib', 'node:url', 'semver']

interface Import {
  readonly from: string
  readonly typesOnly: boolean
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(path.join(source, file), 'utf8')
  const statements = [...text.matchAll(/^(?:import|export)(\s+type)?[^'"]*?from\s+'([^']+)'/gms)].map(
    (match) => ({
      from: match[2] ?? '',
      typesOnly: match[1] !== undefined || onlyInlineTypes(match[0]),
    }),
  )
  const bare = [...text.matchAll(/^import '([^']+)'|\bimport\('([^']+)'\)/gm)].map((match) => ({
    from: match[1] ?? match[2] ?? '',
    typesOnly: false,
  }))
  return [...statements, ...bare]
}

function onlyInlineTypes(statement: string): boolean {
  const names = /\{([^}]*)\}/s.exec(statement)?.[1]?.split(',') ?? ['']
  return names
    .map((name) => name.trim())
    .filter(Boolean)
    .every((name) => name.startsWith('type '))
}

/** The part of src that a file belongs to, as the table names it. */
function partOf(file: string): string {
  return Object.hasOwn(layers, file) ? file : path.posix.dirname(file)
}

describe('layers', () => {
  test('every part has its place in the table', () => {
    expect([...new Set(files.map(partOf))].sort()).toEqual(Object.keys(layers).sort())
  })

  test('no part imports from one that imports from it, however many are between', () => {
    const reached = (part: string, seen: Set<string> = new Set()): Set<string> => {
      for (const next of layers[part] ?? []) {
        if (next.endsWith(':types') || seen.has(next)) continue
        seen.add(next)
        reached(next, seen)
      }
      return seen
    }
    expect(Object.keys(layers).filter((part) => reached(part).has(part))).toEqual([])
  })

  test.each(files)('%s imports only what its layer may', (file) => {
    const part = partOf(file)
    const allowed = layers[part] ?? []
    const wrong = importsOf(file)
      // The part of a package that the package itself does not export is none of src.
      .filter(({ from }) => from.startsWith('.') && !from.includes('/node_modules/'))
      .map((one) => ({ ...one, part: partOf(path.posix.join(path.posix.dirname(file), one.from)) }))
      .filter((one) => one.part !== part && !allowed.includes(one.part))
      .filter((one) => !(one.typesOnly && allowed.includes(`${one.part}:types`)))
    expect(wrong).toEqual([])
  })

  test('nothing in the table is allowed without need', () => {
    const used = new Map<string, Set<string>>()
    for (const file of files) {
      const names = used.get(partOf(file)) ?? new Set<string>()
      used.set(partOf(file), names)
      for (const one of importsOf(file))
        if (one.from.startsWith('.'))
          names.add(
            partOf(path.posix.join(path.posix.dirname(file), one.from)) + (one.typesOnly ? ':types' : ''),
          )
    }
    const idle = Object.entries(layers).flatMap(([part, allowed]) =>
      allowed.filter((one) => used.get(part)?.has(one) !== true).map((one) => `${part} -> ${one}`),
    )
    expect(idle).toEqual([])
  })

  test.each(files.filter((file) => !partOf(file).startsWith(effects) && !entries.includes(file)))(
    '%s reaches the world through src/platform only',
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
  const door = 'platform/runner.ts'
  /** Its output goes to a pipe of ours, and `platform/cache-client/client.ts` reads it. */
  const piped = 'platform/cache-client/child.ts'
  /** An old Node loads it, and could not load what `platform/runner.ts` imports. Nothing foreign is in what it says. */
  const early = 'platform/node-version.ts'

  test.each(files.filter((file) => file !== door))(
    '%s writes to it through platform/runner.ts only',
    (file) => {
      expect(importsOf(file).filter(({ from }) => from.startsWith('@actions/core'))).toEqual([])
      const code = readFileSync(path.join(source, file), 'utf8').replaceAll(/^\s*(?:\*|\/\*|\/\/).*$/gm, '')
      expect(code).not.toMatch(/\bconsole\b|'inherit'|\bemitWarning\b|\bstdio: ?\[[^\]]*\b[12]\b/)
      if (file !== piped && file !== early)
        expect(code).not.toMatch(/\bprocess\.std(?:out|err)\b|\b(?:writeSync|createWriteStream)\([12]\b/)
      if (/@actions\/exec/.test(code)) expect(code).toMatch(/\bsilent: true\b/)
    },
  )

  test('platform/runner.ts hands no text to the toolkit as it is', () => {
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
    expect(readFileSync(path.join(source, file), 'utf8').split('\n').length).toBeLessThanOrEqual(18)
  })

  test.each(stories)('%s is one screen', (file) => {
    expect(readFileSync(path.join(source, file), 'utf8').split('\n').length).toBeLessThanOrEqual(100)
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
