import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { unpackEntry } from '../../src/cache/archive/unpack.ts'
import { chooseStore } from '../../src/cache/store/choose.ts'
import { filesBelow } from '../../src/platform/files.ts'
import type { Access } from '../../testbed/cache-service/control.ts'
import { checkOut, createRepository } from '../../testbed/git-repository.ts'
import { type ModuleProxy, startModuleProxy } from '../../testbed/module-proxy.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { push } from '../../testbed/runner/github-context.ts'
import { type Job, type JobOptions, startJob } from '../../testbed/runner/job.ts'
import type { StepResult } from '../../testbed/runner/step.ts'
import { type MadeModule, publish } from '../golden/modules.ts'
import { type Bed, type BedOptions, root, startBed } from '../harness/bed.ts'
import { writeFiles } from '../temporary.ts'

/** A machine with persistent caches that runs jobs of several repositories, also concurrently. */
export interface Machine {
  readonly bed: Bed
  /** Serves generated modules. */
  readonly proxy: ModuleProxy
  /** The folder that the proxy serves. */
  readonly served: string
  /** The caches that all its jobs share. */
  readonly gomodcache: string
  readonly gocache: string
  /** Environment in which a go command works with these caches. */
  readonly environment: Readonly<Record<string, string>>
  /** Resets it to a fresh machine with the same paths: removes both caches. */
  readonly renew: () => Promise<void>
  /** Replaces the files of a repository, as a push of one commit does. */
  readonly write: (repository: string, files: Readonly<Record<string, string>>) => Promise<void>
  /** Checks a repository out and starts a job for it. */
  readonly start: (job: MachineJob) => Promise<StartedJob>
}

/** Identifies a job on a machine. */
export interface MachineJob {
  /** As `owner/name`. */
  readonly repository: string
  /** Folder of the checkout and RUNNER_TEMP; by default that of the repository. Concurrent jobs need two. */
  readonly place?: string
  readonly user?: JobOptions['user']
  /** Variables that the job adds to those of the machine, or replaces. */
  readonly env?: Readonly<Record<string, string>>
  /** ACTIONS_* variables, if not those of the machine's service. */
  readonly cache?: Readonly<Record<string, string>>
  readonly actionDirectory?: string
  /** Runs after the setup of the job. */
  readonly prepare?: (places: { readonly workspace: string; readonly temp: string }) => void
}

/** A started job. */
export interface StartedJob {
  readonly job: Job
  readonly workspace: string
  readonly temp: string
}

/**
 * Sets up such a machine with generated modules; it ends with the test.
 *
 * @param modules served by the proxy
 * @param flags GOFLAGS besides those of every test
 */
export async function startMachine(
  modules: readonly MadeModule[],
  flags = '',
  { whenOver = onTestFinished }: Pick<BedOptions, 'whenOver'> = {},
): Promise<Machine> {
  const bed = await startBed({ whenOver })
  const served = path.join(bed.folder, 'proxy')
  for (const module of modules) publish(served, module)
  const proxy = await startModuleProxy({ folder: served })
  whenOver(() => proxy.stop())
  const home = path.join(bed.folder, 'home')
  const caches = {
    GOMODCACHE: path.join(home, 'go', 'pkg', 'mod'),
    GOCACHE: path.join(home, '.cache', 'go-build'),
  }
  const go = { ...bed.goEnvironment, GOPROXY: proxy.url, GOFLAGS: `-buildvcs=false ${flags}`.trim() }
  const all = { PATH: process.env.PATH ?? '', ...go }
  const checkedOut = (repository: string) => path.join(bed.folder, 'repositories', repository)
  return {
    bed,
    proxy,
    served,
    gomodcache: caches.GOMODCACHE,
    gocache: caches.GOCACHE,
    environment: { ...all, HOME: home, ...caches },
    renew: () => removeTree(home),
    write: async (repository, files) => {
      const origin = path.join(bed.folder, 'origins', repository)
      for (const old of [origin, checkedOut(repository)]) await removeTree(old)
      writeFiles(origin, files)
      await createRepository(origin, checkedOut(repository))
    },
    start: async (options) => {
      const { repository, place = repository, user, actionDirectory = root } = options
      const [workspace, temp] = ['work', 'temp'].map((kind) => path.join(bed.folder, kind, place))
      if (workspace === undefined || temp === undefined) throw new Error('unreachable')
      for (const old of [workspace, temp]) await removeTree(old)
      for (const folder of [path.dirname(workspace), temp, home]) mkdirSync(folder, { recursive: true })
      const commit = await checkOut(checkedOut(repository), workspace)
      options.prepare?.({ workspace, temp })
      const job = await startJob({
        ...{ actionDirectory, workspace, temp, home },
        env: { ...all, ...caches, ...options.env },
        event: push('main', commit),
        context: { GITHUB_REPOSITORY: repository },
        // Entries belong to a repository: none sees those of another.
        cacheEnvironment: options.cache ?? bed.service.environment(accessOf(repository)),
        ...(user === undefined ? {} : { user }),
      })
      return { job, workspace, temp }
    },
  }
}

function accessOf(repository: string): Access {
  const scope = `${repository}/refs/heads/main`
  return { readScopes: [scope], writeScope: scope }
}

/** Ends a job: runs its post. */
export async function endOf(job: Job): Promise<StepResult> {
  const [post] = await job.end()
  if (post === undefined) throw new Error('the action has no post step')
  return post
}

/**
 * Unpacks an entry into a separate folder.
 *
 * @param repository owner of the entry
 * @param key the entry's key
 * @returns paths relative to the packed cache, with `/`
 */
export async function filesOf({ bed }: Machine, repository: string, key: string): Promise<readonly string[]> {
  for (const [name, value] of Object.entries(bed.service.environment(accessOf(repository))))
    vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const folder = path.join(bed.folder, 'looked-at', key)
  await removeTree(folder)
  mkdirSync(folder, { recursive: true })
  const [entry, stage] = [path.join(folder, 'entry'), path.join(folder, 'stage')]
  const answer = await chooseStore(process.env, folder).restore(key, [], entry)
  if (answer.kind !== 'restored') throw new Error(`no entry ${key}: ${JSON.stringify(answer)}`)
  await unpackEntry({ directory: answer.entry, stage, readOnly: false })
  return filesBelow(stage)
}
