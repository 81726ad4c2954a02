import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { runWorkflow, type WorkflowResult } from '../../testbed/act.ts'
import { type CacheService, startCacheService } from '../../testbed/cache-service/service.ts'
import { downloadEnvironment } from '../../testbed/environment.ts'
import { createRepository } from '../../testbed/git-repository.ts'
import { type ModuleProxy, startModuleProxy } from '../../testbed/module-proxy.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { writeFiles } from '../temporary.ts'

const root = path.resolve(import.meta.dirname, '../..')
/** Modules of the fixtures, downloaded once; the proxies of the tests serve from it. */
const modules = path.join(root, '.tools', 'fixture-modules')

/** A module of real dependencies, small enough to be built in a test. */
export const app = path.join(root, '__tests__', 'fixtures', 'app')

/** Everything around the jobs of one test. */
export interface Bed {
  /** Absolute path of the folder that holds everything. */
  readonly folder: string
  readonly service: CacheService
  readonly proxy: ModuleProxy
  /** Makes the repository that the jobs check out: a copy of a folder, with files added or replaced. */
  readonly repository: (from: string | undefined, files?: Readonly<Record<string, string>>) => Promise<void>
  /**
   * Runs a job through act, in a fresh home unless told otherwise.
   *
   * @param steps YAML of the steps after the checkout, indented by six blanks
   */
  readonly job: (steps: string, options?: JobOptions) => Promise<WorkflowResult>
}

/** How a job differs from a push to the default branch with a working cache service. */
export interface JobOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cache?: Readonly<Record<string, string>>
  readonly keepHome?: boolean
  readonly event?: { readonly name: string; readonly payload: Readonly<Record<string, unknown>> }
}

/** Starts a cache service and a module proxy for one test; both end with it. */
export async function startBed(): Promise<Bed> {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-e2e-'))
  const service = await startCacheService()
  const proxy = await startModuleProxy({ folder: await fixtureModules() })
  onTestFinished(async () => {
    await Promise.all([service.stop(), proxy.stop()])
    await removeTree(folder)
  })
  const [origin, checkedOut, home] = ['origin', 'repository', 'home'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string]
  return {
    folder,
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
    job: async (steps, options = {}) => {
      if (options.keepHome !== true) await removeTree(home)
      mkdirSync(home, { recursive: true })
      return runWorkflow({
        repository: checkedOut,
        workflow: workflow(steps),
        home,
        // -trimpath, because every job of act has a checkout of another path.
        env: {
          GOPROXY: proxy.url,
          GOSUMDB: 'off',
          GOFLAGS: '-trimpath -buildvcs=false',
          GOTOOLCHAIN: 'local',
          ...options.env,
        },
        cacheEnvironment: options.cache ?? service.environment(),
        ...(options.event === undefined ? {} : { event: options.event }),
        timeoutMs: 240_000,
      })
    },
  }
}

/** The steps of a run by name and stage, as act tells them. */
export function step(result: WorkflowResult, name: string, stage: 'Main' | 'Post' = 'Main') {
  const found = result.jobs
    .flatMap((job) => job.steps)
    .find((one) => one.stage === stage && one.name.includes(name))
  if (found === undefined) throw new Error(`there is no ${stage} of ${name} in:\n${result.output}`)
  return found
}

/** What of a run is an annotation of this level. */
export function annotations(
  result: WorkflowResult,
  level: 'warning' | 'error' | 'notice',
): readonly string[] {
  return result.jobs
    .flatMap((job) => job.steps)
    .flatMap((one) => one.commands)
    .filter((command) => command.level === level)
    .map((command) => command.message)
}

function workflow(steps: string): string {
  return [
    'name: e2e',
    'on: [push, pull_request]',
    'jobs:',
    '  test:',
    '    runs-on: ubuntu-latest',
    '    steps:',
    '      - uses: actions/checkout@v6',
    steps,
    '',
  ].join('\n')
}

/** Downloads the fixtures' modules where they are not there yet, and returns the folder to serve. */
async function fixtureModules(): Promise<string> {
  const environment = {
    ...process.env,
    ...downloadEnvironment(),
    GOMODCACHE: modules,
    GOFLAGS: '-modcacherw',
  }
  await promisify(execFile)('go', ['mod', 'download', 'all'], { cwd: app, env: environment })
  return path.join(modules, 'cache', 'download')
}
