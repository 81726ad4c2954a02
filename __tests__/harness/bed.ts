import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { type CacheService, startCacheService } from '../../testbed/cache-service/service.ts'
import { downloadEnvironment } from '../../testbed/environment.ts'
import { createRepository } from '../../testbed/git-repository.ts'
import { type ModuleProxy, startModuleProxy } from '../../testbed/module-proxy.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { writeFiles } from '../temporary.ts'

/** The repository of the action itself. */
export const root = path.resolve(import.meta.dirname, '../..')
/** Modules of the fixtures, downloaded once; the proxies of the tests serve from it. */
const modules = path.join(root, '.tools', 'fixture-modules')

/** A module of real dependencies, small enough to be built in a test. */
export const app = path.join(root, '__tests__', 'fixtures', 'app')
/** A module of twelve packages, whose go.sum names every version of its dependencies that a test may ask for. */
export const evolving = path.join(root, '__tests__', 'fixtures', 'evolving')

/** Everything around the jobs of one test. */
export interface Bed {
  /** Absolute path of the folder that holds everything. */
  readonly folder: string
  /** Where the repository is that jobs check out. */
  readonly checkedOut: string
  readonly service: CacheService
  readonly proxy: ModuleProxy
  /** Makes the repository that the jobs check out: a copy of a folder, with files added or replaced. */
  readonly repository: (from: string | undefined, files?: Readonly<Record<string, string>>) => Promise<void>
  /** What the go command needs to take modules from this test's proxy only. */
  readonly goEnvironment: Readonly<Record<string, string>>
}

/** Modules of tests: what Go asks no checksum database about, because most tests have none. */
const unchecked = 'github.com,golang.org,gopkg.in,go.yaml.in,example.com'

/** How a bed differs from the usual one. */
export interface BedOptions {
  /** Whether Go reaches the real checksum database, through the proxy. */
  readonly database?: boolean
  /** Is told what to do once the bed is not needed any more; by default that is when the test ends. */
  readonly whenOver?: (end: () => Promise<void>) => void
}

/** Starts a cache service and a module proxy for one test; both end with it. */
export async function startBed(options: BedOptions = {}): Promise<Bed> {
  const folder = mkdtempSync(path.join(tmpdir(), 'go-deps-bed-'))
  const service = await startCacheService()
  const upstream = options.database ? { upstream: await upstreamProxy() } : {}
  const proxy = await startModuleProxy({ folder: await fixtureModules(), ...upstream })
  const { whenOver = onTestFinished } = options
  whenOver(async () => {
    await Promise.all([service.stop(), proxy.stop()])
    await removeTree(folder)
  })
  const [origin, checkedOut] = [path.join(folder, 'origin'), path.join(folder, 'repository')]
  return {
    folder,
    checkedOut,
    service,
    proxy,
    repository: async (from, files = {}) => {
      await removeTree(origin)
      await removeTree(checkedOut)
      mkdirSync(origin, { recursive: true })
      if (from !== undefined) cpSync(from, origin, { recursive: true })
      writeFiles(origin, files)
      await createRepository(origin, checkedOut)
    },
    goEnvironment: {
      GOPROXY: proxy.url,
      ...(options.database ? {} : { GONOSUMDB: unchecked }),
      GOTOOLCHAIN: 'local',
      GOFLAGS: '-buildvcs=false',
    },
  }
}

/** The first module proxy that this machine uses. */
export async function upstreamProxy(): Promise<string> {
  const env = { ...process.env, ...downloadEnvironment() }
  const { stdout } = await promisify(execFile)('go', ['env', 'GOPROXY'], { env })
  return stdout.trim().split(/[,|]/)[0] ?? ''
}

/** Downloads the fixtures' modules where they are not there yet, and returns the folder to serve. */
async function fixtureModules(): Promise<string> {
  const served = path.join(modules, 'cache', 'download')
  const wanted = createHash('sha256')
  for (const folder of [app, evolving])
    for (const name of ['go.mod', 'go.sum']) wanted.update(readFileSync(path.join(folder, name)))
  const whole = path.join(modules, `whole-${wanted.digest('hex').slice(0, 16)}`)
  // Every test asks, and Go takes its time to see that all are there.
  if (existsSync(whole)) return served
  const environment = {
    ...process.env,
    ...downloadEnvironment(),
    GOMODCACHE: modules,
    GOFLAGS: '-modcacherw',
  }
  const go = promisify(execFile)
  await go('go', ['mod', 'download', 'all'], { cwd: app, env: environment })
  await go('go', ['mod', 'download', ...summedVersions(evolving)], { cwd: evolving, env: environment })
  writeFileSync(whole, '')
  return served
}

/** The `path@version` of every tree that a module's go.sum names. */
function summedVersions(module: string): readonly string[] {
  const lines = readFileSync(path.join(module, 'go.sum'), 'utf8').trim().split(/\r?\n/)
  return lines.flatMap((line) => {
    const [name, version = ''] = line.split(' ')
    return version.endsWith('/go.mod') ? [] : [`${name}@${version}`]
  })
}
