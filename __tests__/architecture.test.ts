import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { files, importsOf, partOf, source } from '../scripts/architecture/imports.ts'
import { layers } from '../scripts/architecture/layers.ts'

/** The only code that touches process, disk, network, threads and @actions/*. */
const effects = 'platform'
/** Entries of a few lines; they start what other files hold. */
const entries = ['start-main.ts', 'start-post.ts', 'cache-client.ts', 'worker.ts']
/** The two stories, each on one screen. */
const stories = ['main.ts', 'post.ts']
/** Modules of Node, and packages, that compute and touch nothing. */
const pureModules = ['node:path', 'node:crypto', 'node:buffer', 'node:zlib', 'node:url', 'semver']

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

describe('faces', () => {
  /** Folders of independent files, each for one concept: other folders import those by file. */
  const libraries = ['gofiles', 'gosettings', 'platform', 'text']
  /** Starts the threads and the child process, which load as little as possible. */
  const direct = ['worker.ts', 'cache-client.ts']
  const folderOf = (file: string) => file.split('/')[0] ?? ''
  const folders = [...new Set(files.filter((file) => file.includes('/')).map(folderOf))]

  test('every folder has one, or holds independent files', () => {
    const without = folders.filter((folder) => !files.includes(`${folder}/index.ts`))
    expect(without.sort()).toEqual(libraries)
  })

  test.each(files.filter((file) => !direct.includes(file)))(
    '%s imports other folders through them',
    (file) => {
      const own = file.includes('/') ? folderOf(file) : ''
      const behind = importsOf(file)
        .filter(({ from }) => from.startsWith('.') && !from.includes('/node_modules/'))
        .map(({ from }) => path.posix.join(path.posix.dirname(file), from))
        .filter((target) => target.includes('/') && folderOf(target) !== own)
        .filter((target) => !libraries.includes(folderOf(target)))
        .filter((target) => target !== `${folderOf(target)}/index.ts`)
      expect(behind).toEqual([])
    },
  )

  test.each(folders.filter((folder) => !libraries.includes(folder)))(
    '%s shows nothing without need',
    (folder) => {
      const face = readFileSync(path.join(source, folder, 'index.ts'), 'utf8')
      const shown = [...face.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = '']) =>
        names.split(',').map((name) => name.trim().replace(/^type /, '')),
      )
      const others = files
        .filter((file) => !file.startsWith(`${folder}/`))
        .map((file) => readFileSync(path.join(source, file), 'utf8'))
      const used = (name: string) => others.some((text) => new RegExp(`\\b${name}\\b`).test(text))
      expect(shown.filter((name) => name !== '' && !used(name))).toEqual([])
    },
  )
})

describe('process.env', () => {
  const home = 'platform/environment.ts'
  const codeOf = (file: string) =>
    readFileSync(path.join(source, file), 'utf8').replaceAll(/^\s*(?:\*|\/\*|\/\/).*$/gm, '')

  test('is named in one place, which copies it', () => {
    const naming = files.filter((file) =>
      /\bprocess\.env\b|\benv\b[^\n]*from 'node:process'/.test(codeOf(file)),
    )
    expect(naming).toEqual([home])
    expect(codeOf(home).match(/.*process\.env.*/g)).toEqual([
      '  return Object.freeze(canonicalNames({ ...process.env }, platform()))',
    ])
  })

  test('is read by the two phases, and by the platform for its own needs', () => {
    const readers = files.filter((file) => /\bprocessEnv\(/.test(codeOf(file)) && file !== home)
    expect(readers.filter((file) => !file.startsWith(`${effects}/`))).toEqual(stories)
  })

  test('is written by no function of the toolkit', () => {
    const writing = /\b(?:exportVariable|core\.addPath|loadEnvFile)\b/
    expect(files.filter((file) => writing.test(codeOf(file)))).toEqual([])
  })
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
    // Commands that the toolkit has no function for, or one that changes process.env.
    const raw = written.filter((given) => !/^logLines?\(/.test(given))
    expect(raw).toEqual([
      '`::set-env name=${name}::${commandData(value)}`)',
      '`::add-path::${commandData(folder)}`)',
      '`::add-matcher::${commandData(file)}`)',
    ])
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
