import { mkdirSync, mkdtempSync } from 'node:fs'
import * as path from 'node:path'
import { onTestFinished } from 'vitest'
import { removeTree } from '../../testbed/remove-tree.ts'
import { push } from '../../testbed/runner/github-context.ts'
import { type Job, startJob } from '../../testbed/runner/job.ts'
import type { StepResult } from '../../testbed/runner/step.ts'
import { root } from '../harness/bed.ts'
import { writeFiles } from '../temporary.ts'

/** The folders of a Windows runner: work and temporary files on the drive of this repository, the user's home on C:. */
export interface WindowsRunner {
  readonly workspace: string
  readonly temp: string
  readonly home: string
}

/** A job on such a runner. */
export interface WindowsJob {
  /** Files of the checkout, by path with `/`; undefined: the checkout of the job before stays. */
  readonly files?: Readonly<Record<string, string>>
  readonly with?: Readonly<Record<string, string>>
  /** The variables of the job: what its go commands need. */
  readonly env: Readonly<Record<string, string>>
  /** ACTIONS_* variables. */
  readonly cache: Readonly<Record<string, string>>
  /** A Bash script between main and post. */
  readonly run?: string
  /** Keeps the home and both caches of the job before, as a self-hosted runner does. */
  readonly keepCaches?: boolean
  /** Aborting it cancels main. The runner then ends it, and goes on with post. */
  readonly signal?: AbortSignal
}

/** What its steps did. */
export interface RanWindowsJob {
  readonly main: StepResult
  readonly shell: StepResult | undefined
  readonly post: StepResult
}

/**
 * Makes the folders of a runner.
 *
 * @param name name of the repository: its folder is below one of the same name, as on a runner
 * @param whenOver is told how to remove them; by default that happens when the test ends
 */
export function windowsRunner(
  name = 'service',
  whenOver: (end: () => Promise<void>) => void = onTestFinished,
): WindowsRunner {
  const work = mkdtempSync(path.join(path.parse(root).root, 'a', 'go-deps-'))
  const home = mkdtempSync(path.join(process.env.SystemDrive ?? 'C:', path.sep, 'users', 'go-deps-'))
  whenOver(async () => {
    for (const folder of [work, home]) await removeTree(folder)
  })
  return { workspace: path.join(work, name, name), temp: path.join(work, '_temp'), home }
}

/** Runs one job, by default on a fresh runner with the same folders: both caches, RUNNER_TEMP and the home are empty. */
export async function windowsJob(runner: WindowsRunner, options: WindowsJob): Promise<RanWindowsJob> {
  const { workspace, temp, home } = runner
  const left = path.join(path.dirname(temp), '_go-deps')
  for (const old of [
    temp,
    ...(options.keepCaches ? [] : [home, left]),
    ...(options.files ? [workspace] : []),
  ])
    await removeTree(old)
  for (const folder of [temp, home, workspace]) mkdirSync(folder, { recursive: true })
  writeFiles(workspace, options.files ?? {})
  const job: Job = await startJob({
    actionDirectory: root,
    ...runner,
    env: { PATH: process.env.PATH ?? '', ...options.env },
    event: push(),
    cacheEnvironment: options.cache,
    context: { RUNNER_ENVIRONMENT: 'github-hosted', ImageOS: 'win25' },
  })
  const main = await job.action({
    ...(options.with === undefined ? {} : { with: options.with }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const shell = options.run === undefined ? undefined : await job.shell(options.run)
  const [post] = await job.end()
  if (post === undefined) throw new Error('the action has no post step')
  return { main, shell, post }
}
