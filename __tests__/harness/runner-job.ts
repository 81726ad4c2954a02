import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { checkOut } from '../../testbed/git-repository.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { push, type RunEvent } from '../../testbed/runner/github-context.ts'
import { type Job, type JobOptions, startJob } from '../../testbed/runner/job.ts'
import type { StepResult } from '../../testbed/runner/step.ts'
import { type Bed, root } from './bed.ts'

/** How a job differs from a push to the default branch, in a fresh home, with a working cache service. */
export interface RunnerJob {
  readonly with?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly cache?: Readonly<Record<string, string>>
  readonly event?: RunEvent
  readonly matrix?: Readonly<Record<string, unknown>>
  /** A shell script between main and post. */
  readonly run?: string
  /** Keep the home, and so both caches, of the job before. */
  readonly keepHome?: boolean
  /** Done to the places of the job before it starts. */
  readonly prepare?: (places: Places) => void
  readonly user?: JobOptions['user']
  /** GITHUB_* or RUNNER_* variables that differ from the usual ones. */
  readonly context?: JobOptions['context']
  readonly actionDirectory?: string
  /** Aborting it cancels the main step, as a user's click does. */
  readonly signal?: AbortSignal
  /** RUNNER_TEMP, if it shall be elsewhere. */
  readonly temp?: string
}

/** Where a job has its things; absolute paths. */
export interface Places {
  readonly workspace: string
  readonly home: string
  readonly temp: string
  readonly gomodcache: string
  readonly gocache: string
}

/** What a job's steps did. */
export interface RanJob {
  readonly main: StepResult
  readonly shell: StepResult | undefined
  readonly post: StepResult
  readonly places: Places
}

/** Runs one job with the committed bundles, as the runner does. */
export async function runnerJob(bed: Bed, job: RunnerJob = {}): Promise<RanJob> {
  const places = placesOf(bed, job.temp)
  for (const old of [places.workspace, places.temp, ...(job.keepHome ? [] : [places.home])])
    await removeTree(old)
  mkdirSync(places.home, { recursive: true })
  mkdirSync(places.temp, { recursive: true })
  const commit = await checkOut(bed.checkedOut, places.workspace)
  job.prepare?.(places)
  const started: Job = await startJob({
    actionDirectory: job.actionDirectory ?? root,
    ...places,
    env: {
      PATH: process.env.PATH ?? '',
      ...bed.goEnvironment,
      GOMODCACHE: places.gomodcache,
      GOCACHE: places.gocache,
      ...job.env,
    },
    event: job.event ?? push('main', commit),
    cacheEnvironment: job.cache ?? bed.service.environment(),
    ...(job.matrix === undefined ? {} : { matrix: job.matrix }),
    ...(job.user === undefined ? {} : { user: job.user }),
    ...(job.context === undefined ? {} : { context: job.context }),
  })
  const main = await started.action({
    ...(job.with === undefined ? {} : { with: job.with }),
    ...(job.signal === undefined ? {} : { signal: job.signal }),
  })
  const shell = job.run === undefined ? undefined : await started.shell(job.run)
  const [post] = await started.end()
  if (post === undefined) throw new Error('the action has no post step')
  return { main, shell, post, places }
}

/** The messages of a step's annotations of one level. */
export function said(step: StepResult, level: 'warning' | 'error' | 'notice'): readonly string[] {
  return step.commands.filter((command) => command.level === level).map((command) => command.message)
}

function placesOf(bed: Bed, temp = path.join(bed.folder, 'temp')): Places {
  const home = path.join(bed.folder, 'home')
  return {
    workspace: path.join(bed.folder, 'work', 'app'),
    home,
    temp,
    gomodcache: path.join(home, 'go', 'pkg', 'mod'),
    gocache: path.join(home, '.cache', 'go-build'),
  }
}
