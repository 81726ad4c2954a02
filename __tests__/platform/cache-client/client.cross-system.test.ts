import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { toolkitStore } from '../../../src/cache/store/toolkit.ts'
import { answerName, type CacheClientRequest, entryName } from '../../../src/platform/cache-client/client.ts'
import { type CacheService, startCacheService } from '../../../testbed/cache-service/service.ts'
import { randomEntry } from '../../harness/random-entries.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'

const systems = ['linux', 'darwin', 'win32'] as const
type System = (typeof systems)[number]

const root = path.resolve(import.meta.dirname, '../../..')
const pretend = (system: System) =>
  `data:text/javascript,Object.defineProperty(process,'platform',{value:'${system}'})`

/** A PATH folder in which the cache client finds zstd on every system: Windows looks for the suffix .EXE. */
function zstdFolder(folder: string): string {
  const zstd = execFileSync('sh', ['-c', 'command -v zstd'], { encoding: 'utf8' }).trim()
  const tools = path.join(folder, 'tools')
  mkdirSync(tools)
  for (const name of ['zstd', 'zstd.EXE']) symlinkSync(zstd, path.join(tools, name))
  return tools
}

/** Runs the cache client as on another system, and looks an entry up without downloading it. */
async function lookUp(system: System, service: CacheService, key: string, tools: string): Promise<unknown> {
  const home = path.join(temporaryFolder(), system)
  mkdirSync(home)
  const child = spawn(
    process.execPath,
    ['--import', pretend(system), path.join(root, 'src/cache-client.ts')],
    {
      cwd: home,
      stdio: ['pipe', 'ignore', 'inherit'],
      env: {
        ...service.environment(),
        PATH: tools,
        PATHEXT: '.EXE',
        GITHUB_WORKSPACE: home,
        RUNNER_TEMP: home,
      },
    },
  )
  const request: CacheClientRequest = { operation: 'lookup', key, prefixes: [] }
  child.stdin.end(JSON.stringify(request))
  await once(child, 'close')
  return JSON.parse(readFileSync(path.join(home, answerName), 'utf8'))
}

// The cache client looks for its programs as on the system that it is told to run on.
describe.runIf(isUnix)('an entry that was saved on one system', () => {
  test('is found by the cache client of every system, because all request the same version', async () => {
    const service = await startCacheService()
    onTestFinished(() => service.stop())
    for (const [name, value] of Object.entries(service.environment())) vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const folder = temporaryFolder()
    const tools = zstdFolder(folder)
    const store = toolkitStore(process.env, folder, { restore: 60, save: 60 })
    expect(await store.save('modules-1', randomEntry(10).source, path.join(folder, 'packed'))).toEqual({
      kind: 'saved',
    })
    for (const system of systems) {
      expect([system, await lookUp(system, service, 'modules-1', tools)]).toEqual([
        system,
        { key: 'modules-1' },
      ])
      expect([system, await lookUp(system, service, 'modules-2', tools)]).toEqual([system, {}])
    }
  })
})

describe('the entry version that @actions/cache derives from path, compression and system', () => {
  const versions = (acrossSystems: boolean) =>
    systems.map((system) => {
      const client = pathToFileURL(path.join(root, 'node_modules/@actions/cache/lib/internal/cacheUtils.js'))
      const script = `
        const { getCacheVersion } = await import(${JSON.stringify(client.href)})
        process.stdout.write(getCacheVersion([${JSON.stringify(entryName)}], 'zstd-without-long', ${acrossSystems}))`
      const options = ['--import', pretend(system), '--input-type=module', '--eval', script]
      return execFileSync(process.execPath, options, { encoding: 'utf8' })
    })

  test('is the same on all systems with the options of the cache client', () => {
    const [first, ...others] = versions(true)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(others).toEqual([first, first])
    expect(path.isAbsolute(entryName) || /[\\/]/.test(entryName), 'a path that is the same everywhere').toBe(
      false,
    )
  })

  test('differs on Windows without enableCrossOsArchive', () => {
    const [linux, darwin, windows] = versions(false)
    expect(darwin).toBe(linux)
    expect(windows).not.toBe(linux)
  })
})
