import { mkdirSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { type CacheService, startCacheService } from '../testbed/cache-service/service.ts'
import { checkOut, git } from '../testbed/git-repository.ts'
import { runProcess, type User } from '../testbed/process.ts'
import { removeTree } from '../testbed/remove-tree.ts'
import { push } from '../testbed/runner/github-context.ts'
import { startJob } from '../testbed/runner/job.ts'
import type { StepResult } from '../testbed/runner/step.ts'
import type { Commit } from './project.ts'
import type { Usual } from './usual/strategy.ts'

/** One of the compared sides: an action, a machine that is fresh for every job, a cache service. */
export interface Side {
  readonly name: 'ours' | Usual
  readonly service: CacheService
  readonly places: Places
  /** Absolute path of the copied action. */
  readonly actionDirectory: string
  readonly run: (spec: JobSpec) => Promise<RanJob>
  /** Makes `forget` keep the entries that exist now. */
  readonly remember: () => void
  /** Deletes the entries made since `remember`. */
  readonly forget: () => Promise<void>
  /** Length in bytes of the newest entry whose key has this prefix; 0 if there is none. */
  readonly newest: (prefix: string) => number
}

/** Folders of jobs: the same for every job of a side. Absolute paths. */
export interface Places {
  readonly workspace: string
  readonly home: string
  readonly temp: string
  readonly gomodcache: string
  readonly gocache: string
}

/** Specifies a job. */
export interface JobSpec {
  readonly commit: Commit
  /** Scripts of the steps between main and post, by name. */
  readonly steps?: Readonly<Record<string, string>>
  readonly with?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** RUNNER_* variables that differ. */
  readonly context?: Readonly<Record<string, string>>
  readonly matrix?: Readonly<Record<string, unknown>>
  /** Whether the post step runs; true by default. */
  readonly post?: boolean
  /**
   * Expected value of the output `cache-hit`. A number measured under unexpected conditions is worse
   * than none.
   */
  readonly hit?: boolean
  /** Keeps the home, and with it both caches, of the previous job. */
  readonly keepHome?: boolean
  /** Absolute path of the program that runs the action, for one that counts; by default this Node. */
  readonly node?: string
}

/** The result of a job. */
export interface RanJob {
  /** Seconds by name: `main`, each step, `post`. */
  readonly seconds: Readonly<Record<string, number>>
  readonly main: StepResult
  readonly post: StepResult | undefined
}

/** Options of a side. */
export interface SideOptions {
  readonly name: Side['name']
  /** Absolute path of the folder that holds all its files. */
  readonly folder: string
  readonly actionDirectory: string
  readonly goEnvironment: Readonly<Record<string, string>>
  /** In bytes per second. */
  readonly bandwidth: number
  readonly latencyMs: number
  /** Logs the output of every step. */
  readonly keepLog: (side: Side['name'], stage: string, log: string) => void
  /** Ends the running job, and all that follow. */
  readonly signal: AbortSignal
}

/** Sets up a side with an empty cache service. */
export async function startSide(options: SideOptions): Promise<Side> {
  const { name, folder, bandwidth: bandwidthBytesPerSecond, latencyMs } = options
  const places = placesIn(folder)
  const blobs = path.join(folder, 'blobs')
  mkdirSync(blobs, { recursive: true })
  const service = await startCacheService({ bandwidthBytesPerSecond, latencyMs, directory: blobs })
  let remembered: ReadonlySet<number> = new Set()
  return {
    name,
    service,
    places,
    actionDirectory: options.actionDirectory,
    run: (spec) => runJob(options, service, places, spec),
    remember() {
      remembered = new Set(service.entries().map(({ id }) => id))
    },
    async forget() {
      for (const { id, key } of service.entries()) if (!remembered.has(id)) await service.delete(key)
    },
    newest: (prefix) => service.entries().findLast(({ key }) => key.startsWith(prefix))?.size ?? 0,
  }
}

/** Sum of the seconds of main and of the given steps. */
export function secondsOf(job: RanJob, ...steps: readonly string[]): number {
  return steps.reduce((sum, step) => sum + (job.seconds[step] ?? Number.NaN), 0)
}

async function runJob(
  { name, actionDirectory, goEnvironment, folder, keepLog, signal }: SideOptions,
  service: CacheService,
  places: Places,
  spec: JobSpec,
): Promise<RanJob> {
  const { workspace, home, temp } = places
  for (const old of [workspace, temp, ...(spec.keepHome ? [] : [home])]) await clear(old)
  for (const made of [home, temp]) mkdirSync(made, { recursive: true })
  await checkOut(spec.commit.repository, workspace)
  await git(workspace, 'checkout', '--quiet', '--detach', spec.commit.sha)
  // Pending writes of the previous job must not slow this one down.
  await runProcess({ command: 'sync', args: [], cwd: folder, env: { PATH: process.env.PATH ?? '' } })
  const job = await startJob({
    ...{ actionDirectory, workspace, home, temp },
    env: {
      PATH: process.env.PATH ?? '',
      // The go command works there, and everything must be on one file system.
      ...(process.env.TMPDIR === undefined ? {} : { TMPDIR: process.env.TMPDIR }),
      ImageOS: 'ubuntu24',
      ...goEnvironment,
      GOMODCACHE: places.gomodcache,
      GOCACHE: places.gocache,
      ...spec.env,
    },
    event: push('main', spec.commit.sha),
    cacheEnvironment: service.environment(),
    ...(spec.node === undefined ? {} : { user: { ...ownUser(), node: spec.node } }),
    ...(spec.matrix === undefined ? {} : { matrix: spec.matrix }),
    ...(spec.context === undefined ? {} : { context: spec.context }),
  })
  const seconds: Record<string, number> = {}
  const record = (stage: string, step: StepResult): StepResult => {
    signal.throwIfAborted()
    seconds[stage] = step.seconds
    keepLog(name, stage, `${step.stdout}${step.stderr}`)
    if (!step.failed) return step
    const errors = step.commands.filter(({ level }) => level === 'error').map(({ message }) => message)
    throw new Error(
      [`${stage} of ${name} failed (exit code ${step.exitCode})`, step.log, ...errors].join('\n'),
    )
  }
  const main = record(
    'main',
    await job.action({ signal, ...(spec.with === undefined ? {} : { with: spec.with }) }),
  )
  if (spec.hit !== undefined && (main.outputs['cache-hit'] === 'true') !== spec.hit)
    throw new Error(`${name} was to ${spec.hit ? 'find' : 'miss'} its entry: ${main.log}`)
  for (const [step, script] of Object.entries(spec.steps ?? {}))
    record(step, await job.shell(script, { signal }))
  if (spec.post === false) return { seconds, main, post: undefined }
  const [post] = await job.end({ signal })
  if (post === undefined) throw new Error('the action has no post step')
  return { seconds, main, post: record('post', post) }
}

/** The user who runs the bench. The runner takes another Node only together with a user. */
function ownUser(): User {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()]
  if (uid === undefined || gid === undefined) throw new Error('this system has no numbers of users')
  return { uid, gid }
}

/** Empties a place. Module trees are write-protected for everyone except root. */
async function clear(folder: string): Promise<void> {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    await removeTree(folder)
  }
}

function placesIn(folder: string): Places {
  const home = path.join(folder, 'home')
  return {
    workspace: path.join(folder, 'work', 'app'),
    home,
    temp: path.join(folder, 'temp'),
    gomodcache: path.join(home, 'go', 'pkg', 'mod'),
    gocache: path.join(home, '.cache', 'go-build'),
  }
}
