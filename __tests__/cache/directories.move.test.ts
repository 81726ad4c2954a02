import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { readInputs } from '../../src/inputs/inputs.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

const step = path.resolve(import.meta.dirname, '../../src/cache/directories.ts')
const goEnv = path.resolve(import.meta.dirname, '../../src/gocmd/go-env.ts')
const env = {
  GOVERSION: 'go1.26.0',
  GOMODCACHE: 'C:\\Users\\me\\go\\pkg\\mod',
  GOCACHE: 'C:\\Users\\me\\go-build',
}
const moved = { GOMODCACHE: 'D:\\a\\_go-deps\\mod', GOCACHE: 'D:\\a\\_go-deps\\build' }

interface Said {
  readonly go: { readonly env: Readonly<Record<string, string>>; readonly compiler: string }
  readonly changes: readonly { readonly name: string; readonly value: string }[]
}

/** Moves the caches in a process of its own, in whose folder `D:\` is an ordinary name. */
async function move(
  folder: string,
  system: string,
  options: {
    readonly runner?: string
    readonly inputs?: Readonly<Record<string, string>>
    readonly temp?: string
  },
): Promise<{ readonly said: Said; readonly log: string }> {
  const go = { env, compiler: 'cc 1', toolchainSetting: 'auto' }
  const { inputs } = readInputs(options.inputs ?? {})
  const script = [
    `import { moveCacheDirectories } from ${JSON.stringify(pathToFileURL(step).href)}`,
    `import { GoEnv } from ${JSON.stringify(pathToFileURL(goEnv).href)}`,
    `const placed = moveCacheDirectories(${JSON.stringify(inputs)}, ${JSON.stringify(go)}, new GoEnv(process.env), ${JSON.stringify(system)})`,
    'process.stderr.write(JSON.stringify(placed))',
  ].join('\n')
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH ?? '',
        RUNNER_TEMP: options.temp ?? 'D:\\a\\_temp',
        RUNNER_ENVIRONMENT: options.runner ?? 'github-hosted',
      },
    },
  )
  return { said: JSON.parse(stderr) as Said, log: stdout }
}

/** The values by the names of the changed variables. */
const valuesOf = ({ changes }: Said) => Object.fromEntries(changes.map(({ name, value }) => [name, value]))

describe.runIf(isUnix)('the Go caches on a Windows runner with two drives', () => {
  test('move in the known Go settings, and their folders are created', async () => {
    const folder = temporaryFolder()
    const { said } = await move(folder, 'win32', {})
    expect(valuesOf(said)).toEqual(moved)
    expect(said.go).toEqual({ env: { ...env, ...moved }, compiler: 'cc 1', toolchainSetting: 'auto' })
    for (const value of Object.values(moved)) expect(existsSync(path.join(folder, value))).toBe(true)
  })

  test('stay on a self-hosted machine when they hold files that Go writes there', async () => {
    const folder = temporaryFolder()
    writeFiles(folder, { [`${env.GOMODCACHE}/cache/download/example.com/a/@v/list`]: '' })
    mkdirSync(path.join(folder, env.GOCACHE, '00'), { recursive: true })
    const halfFull = await move(folder, 'win32', { runner: 'self-hosted' })
    expect(valuesOf(halfFull.said)).toEqual({ GOCACHE: moved.GOCACHE })
    expect(halfFull.said.go.env).toEqual({ ...env, GOCACHE: moved.GOCACHE })
    writeFileSync(path.join(folder, env.GOCACHE, '00', `00${'a'.repeat(62)}-a`), '')
    const full = await move(folder, 'win32', { runner: 'self-hosted' })
    expect(full.said).toMatchObject({ changes: [], go: { env } })
  })

  test('stay where their new folder cannot be created, and the log states why', async () => {
    const folder = temporaryFolder()
    // A file at the path of the new folder.
    writeFiles(folder, { [moved.GOCACHE]: '' })
    const { said, log } = await move(folder, 'win32', {})
    expect(valuesOf(said)).toEqual({ GOMODCACHE: moved.GOMODCACHE })
    expect(said.go.env).toEqual({ ...env, GOMODCACHE: moved.GOMODCACHE })
    expect(log).toMatch(/^A Go cache keeps its default directory, because \S+ cannot be created: EEXIST/)
  })

  test('are planned but not created by a dry run', async () => {
    const folder = temporaryFolder()
    const { said } = await move(folder, 'win32', { inputs: { 'INPUT_DRY-RUN': 'true' } })
    expect(said.go.env).toEqual({ ...env, ...moved })
    for (const value of Object.values(moved)) expect(existsSync(path.join(folder, value))).toBe(false)
  })
})

test.each(['linux', 'darwin'])('changes nothing on %s', async (system) => {
  const folder = temporaryFolder()
  const { said } = await move(folder, system, { temp: folder })
  expect(said).toMatchObject({ changes: [] })
  expect(said.go.env).toEqual(env)
})
