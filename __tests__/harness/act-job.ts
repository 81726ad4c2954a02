import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { runWorkflow, type WorkflowResult } from '../../testbed/act.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import type { Bed } from './bed.ts'

/** How a job differs from a push to the default branch with a working cache service. */
export interface JobOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cache?: Readonly<Record<string, string>>
  /** Absolute path of the storage of act's own cache server, which then replaces the bed's. */
  readonly cacheServer?: string
  readonly secrets?: Readonly<Record<string, string>>
}

/**
 * Runs a job through act, in a fresh home.
 *
 * @param steps YAML of the steps after the checkout, indented by six blanks
 */
export async function actJob(bed: Bed, steps: string, options: JobOptions = {}): Promise<WorkflowResult> {
  const home = path.join(bed.folder, 'home')
  await removeTree(home)
  mkdirSync(home)
  return runWorkflow({
    repository: bed.checkedOut,
    workflow: workflow(steps),
    home,
    // -trimpath, because every job of act has a checkout of another path.
    env: { ...bed.goEnvironment, GOFLAGS: '-trimpath -buildvcs=false', ...options.env },
    ...(options.cacheServer === undefined
      ? { cacheEnvironment: options.cache ?? bed.service.environment() }
      : { cacheServer: options.cacheServer }),
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
    timeoutMs: 240_000,
  })
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
