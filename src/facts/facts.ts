import type { Inputs } from '../inputs/inputs.ts'
import { BadInput, type Problem } from '../inputs/problem.ts'
import { readInputs } from '../inputs/read.ts'
import type { Root } from '../modules/roots.ts'
import { environment, workspaceFolder } from '../system/environment.ts'
import { type Event, lookAtEvent } from './event.ts'
import { type Go, goWorkFor, lookAtGo } from './go.ts'
import { type Image, lookAtImage } from './image.ts'
import { type Job, lookAtJob } from './job.ts'
import { readRoots } from './modules.ts'
import { findPlaces } from './places.ts'
import { lookAtSource } from './source.ts'

/** Everything that decisions depend on: plain data, looked up before anything is changed. */
export interface Facts {
  readonly inputs: Inputs
  readonly event: Event
  readonly job: Job
  readonly image: Image
  readonly go: Go
  readonly roots: readonly Root[]
  /** Stands for the source that is checked out; empty when the build cache is off. */
  readonly source: readonly string[]
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** Tells this attempt of this run from every other. */
  readonly run: string
  /** ACTIONS_CACHE_MODE: what the cache service will allow. */
  readonly serviceMode: string
}

/**
 * Looks at inputs, event, files and the go command.
 *
 * @returns undefined when there is no Go module and none was named
 * @throws BadInput with every mistake at once
 */
export async function lookAround(): Promise<Facts | undefined> {
  const variables = environment()
  const workspace = workspaceFolder()
  const { inputs, problems } = readInputs(variables)
  const found = await findPlaces(inputs, workspace, variables.GOWORK === 'off')
  const places = await Promise.all(
    found.directories.map(async (directory) => ({ directory, goWork: await goWorkFor(directory) })),
  )
  const read = readRoots(places, workspace, variables.GOFLAGS ?? '')
  const [first] = found.directories
  const go = await lookAtGo(first ?? workspace, variables)
  const all = [...problems, ...found.problems, ...read.problems, ...(isProblem(go) ? [go] : [])]
  if (first === undefined && all.every((problem) => problem === go)) return undefined
  if (all.length > 0 || isProblem(go)) throw new BadInput(all)
  const directories = read.roots.flatMap((root) => root.modules.map((module) => module.directory))
  return {
    inputs,
    event: lookAtEvent(variables),
    job: lookAtJob(variables, inputs.matrix),
    image: lookAtImage(),
    go,
    roots: read.roots,
    source: inputs.cache && inputs['cache-build'] ? await lookAtSource(workspace, directories) : [],
    workspace,
    run: `${variables.GITHUB_RUN_ID ?? ''}.${variables.GITHUB_RUN_ATTEMPT ?? ''}`,
    serviceMode: (variables.ACTIONS_CACHE_MODE ?? '').trim().toLowerCase(),
  }
}

function isProblem(go: Go | Problem): go is Problem {
  return 'what' in go
}
