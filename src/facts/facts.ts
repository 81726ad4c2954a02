import * as path from 'node:path'
import type { Inputs } from '../inputs/inputs.ts'
import type { Root } from '../modules/roots.ts'
import { environment } from '../system/environment.ts'
import { look } from '../system/files.ts'
import { maySave } from './cache-token.ts'
import type { Checkout } from './checkout.ts'
import { type Event, lookAtEvent } from './event.ts'
import type { Go } from './go.ts'
import { type Image, lookAtImage } from './image.ts'
import { type Job, lookAtJob } from './job.ts'
import { lookAtSettings, type Settings } from './settings.ts'
import { lookAtSource } from './source.ts'

/** More are not handed to post: they travel in an environment variable. */
const mostCheckouts = 50

/** Everything that decisions about caches and dependencies depend on: plain data. */
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
  /** Absolute paths of module directories that may lie in repositories of their own: none where the checkout is one. */
  readonly checkouts: readonly string[]
  /** The repository, as `owner/name`. */
  readonly repository: string
  /** Tells this attempt of this run from every other. */
  readonly run: string
  /** Patterns of modules that are not everybody's, separated by `,`: fetched or checked in another way than the others. */
  readonly privateModules: string
  /** ACTIONS_CACHE_MODE: what the cache service will allow. */
  readonly serviceMode: string
  /** Whether the token of this run allows to save; true where it does not tell. */
  readonly tokenMaySave: boolean
}

/**
 * Looks at the rest of what counts, once it is known which modules and which Go are meant.
 *
 * @param inputs the inputs
 * @param checkout the modules
 * @param go the go command on PATH
 * @param settings what the variables of the go command are set to
 */
export async function lookAround(
  inputs: Inputs,
  { workspace, roots }: Pick<Checkout, 'workspace' | 'roots'>,
  go: Go,
  settings: Settings = lookAtSettings(environment()),
): Promise<Facts> {
  const variables = environment()
  const directories = roots.flatMap((root) => root.modules.map((module) => module.directory))
  return {
    inputs,
    event: lookAtEvent(variables),
    job: lookAtJob(variables, inputs.matrix),
    image: lookAtImage(),
    go,
    roots,
    source: inputs.cache && inputs['cache-build'] ? await lookAtSource(workspace, directories) : [],
    workspace,
    checkouts: look(path.join(workspace, '.git')) === undefined ? directories.slice(0, mostCheckouts) : [],
    repository: variables.GITHUB_REPOSITORY ?? '',
    run: `${variables.GITHUB_RUN_ID ?? ''}.${variables.GITHUB_RUN_ATTEMPT ?? ''}`,
    privateModules: privateModules(settings),
    serviceMode: (variables.ACTIONS_CACHE_MODE ?? '').trim().toLowerCase(),
    tokenMaySave: maySave(variables.ACTIONS_RUNTIME_TOKEN ?? ''),
  }
}

/**
 * Patterns of modules that are not everybody's. One that stands for all modules says nothing of a single one: a company's proxy
 * may serve everything.
 */
export function privateModules(settings: (name: string) => string): string {
  const patterns = ['GOPRIVATE', 'GONOPROXY', 'GONOSUMDB'].flatMap((name) => settings(name).split(','))
  return [...new Set(patterns.map((one) => one.trim()))]
    .filter((one) => !['', '*', 'none'].includes(one))
    .join(',')
}
