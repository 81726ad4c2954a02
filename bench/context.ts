import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { buildUsual, copyAction } from './actions.ts'
import { startModules } from './modules.ts'
import type { Options } from './options.ts'
import { createProject, type Moment, type Project } from './project.ts'
import { copySetupGo, findSetupGo } from './setup-go.ts'
import { type JobSpec, type RanJob, type Side, type SideOptions, startSide } from './side.ts'
import type { Usual } from './usual/strategy.ts'

/** Shared state of all scenarios. */
export interface Context {
  readonly options: Options
  /** Absolute path of a scratch folder; it is removed at the end. */
  readonly folder: string
  readonly project: Project
  readonly ours: Side
  readonly today: Side
  /** Name of that side in the table: `setup-go` and its version, or `today` for the stand-in. */
  readonly todayTitle: string
  /** Other set-ups that users have, each with the entries of a job on the first commit; created on first use. */
  readonly others: () => Promise<readonly Side[]>
  /** Environment in which go commands find the modules of the proxy, and no others. */
  readonly goEnvironment: Readonly<Record<string, string>>
  /** The scripts of jobs between main and post, by the names of the steps. */
  readonly steps: Readonly<Record<'build' | 'test', string>>
  /** How many pairs to measure. */
  readonly pairs: (usual: number) => number
  readonly say: (text: string) => void
  /** Resets both services to what one job on the first commit saved. */
  readonly base: () => Promise<void>
  /** The same for ours alone, which saves the first job of the other side. */
  readonly baseOfOurs: () => Promise<void>
  /** The commits that only ours runs on, one after the other, because they would change nothing on the other side. */
  readonly chain: Chain
  /** Another machine with its own cache service, in a folder of this name; by default with the link of the options. */
  readonly freshSide: (name: Side['name'], folder: string, link?: Link) => Promise<Side>
}

/** The connection to a cache service. */
export type Link = Pick<SideOptions, 'bandwidth' | 'latencyMs'>

/** A connection without limits. */
export const unshaped: Link = { bandwidth: Number.POSITIVE_INFINITY, latencyMs: 0 }

/** Successive jobs of ours, each of which restores what the previous one saved. */
export interface Chain {
  /** Runs jobs up to this many edits, on every other commit; restarts from the base if it has passed that point. */
  readonly to: (edits: number) => Promise<void>
  /** Records that a scenario ran the job on a later commit itself. */
  readonly reached: (moment: Moment) => void
  /** The state that the newest job has seen. */
  readonly at: () => Moment
}

/**
 * Prepares everything except entries.
 *
 * @param folder absolute path of a folder that the bench may fill
 * @param say logs what happens outside of measurements
 * @param signal ends the running job
 */
export async function startContext(
  options: Options,
  folder: string,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<{ readonly context: Context; readonly stop: () => Promise<void> }> {
  const setupGo = options.setupGo === undefined ? undefined : findSetupGo(options.setupGo)
  const project = await createProject(options.quick ? 'small' : 'big', path.join(folder, 'project'))
  const proxy = await startModules(project, folder, options.latency, say)
  const goEnvironment = { GOPROXY: proxy.url, GOSUMDB: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '' }
  const actionOf = (name: Side['name']) => path.join(folder, 'action', name)
  copyAction(options.action, actionOf('ours'))
  if (setupGo === undefined) await buildUsual('today', actionOf('today'))
  else copySetupGo(setupGo, actionOf('today'))
  const sides: Side[] = []
  const link: Link = { bandwidth: options.bandwidth * 1e6, latencyMs: options.latency }
  const startAt = async (name: Side['name'], place: string, shaped = link): Promise<Side> => {
    const side = await startSide({
      name,
      folder: path.join(folder, place),
      actionDirectory: actionOf(name),
      ...{ goEnvironment, signal, keepLog: logKeeper(options.logs) },
      ...shaped,
    })
    sides.push(side)
    return side
  }
  const [ours, today] = [await startAt('ours', 'ours'), await startAt('today', 'today')]
  const startOther = async (name: Usual): Promise<Side> => {
    await buildUsual(name, actionOf(name))
    return startAt(name, name)
  }
  let others: Promise<readonly Side[]> | undefined
  const context: Prepared = {
    ...{ options, folder: path.join(folder, 'more'), project, ours, today, goEnvironment, say },
    todayTitle: setupGo === undefined ? 'today' : `setup-go ${setupGo.version}`,
    // A quick run compiles only what it needs, and nothing for vet.
    steps: { build: 'go build ./...', test: options.quick ? 'go test -vet=off ./...' : 'go test ./...' },
    pairs: (usual) => options.pairs ?? (options.quick ? 1 : usual),
    freshSide: (name, place, shaped) => startAt(name, path.join('more', place), shaped),
  }
  mkdirSync(context.folder, { recursive: true })
  return {
    context: {
      ...context,
      ...startHistory(context),
      others: () => (others ??= startOthers(context, startOther)),
    },
    async stop() {
      await Promise.all([proxy.stop(), ...sides.map((side) => side.service.stop())])
    },
  }
}

/** The state before the first job. */
type Prepared = Omit<Context, 'base' | 'baseOfOurs' | 'chain' | 'others'>

/** The first commit of both sides. */
const firstMoment: Moment = { edits: 0, bumps: 0 }

/** The other set-ups, each with what a first job on the first commit saves. */
async function startOthers(
  { ours, project, steps, options, say }: Prepared,
  start: (name: Usual) => Promise<Side>,
): Promise<readonly Side[]> {
  const sides: Side[] = []
  for (const name of ['cache-go', 'two-entries'] as const) {
    const side = await start(name)
    if (options.quick) cpSync(ours.places.gocache, side.places.gocache, { recursive: true })
    const commit = await project.commit(firstMoment)
    const { seconds } = await side.run({ commit, steps, keepHome: options.quick })
    say(`first job of ${name}, nothing cached: ${sum(seconds).toFixed(1)} s`)
    side.remember()
    sides.push(side)
  }
  return sides
}

/** The ways to create entries outside of measurements. */
function startHistory(context: Prepared): Pick<Context, 'base' | 'baseOfOurs' | 'chain'> {
  const { ours, today, project, steps, say } = context
  const based = new Set<Side>()
  let reached = firstMoment

  async function baseOf(side: Side): Promise<void> {
    if (side === ours) reached = firstMoment
    if (based.has(side)) {
      await side.forget()
      return
    }
    const commit = await project.commit(firstMoment)
    // For the scenario `tests`: the input adds only a list of files to the entry.
    const given = side === ours ? { with: { 'test-cache': 'stable' } } : {}
    // A quick run compiles the standard library once, not for each side.
    const keepHome = side === today && context.options.quick
    if (keepHome) cpSync(ours.places.gocache, today.places.gocache, { recursive: true })
    const { seconds } = await side.run({ commit, steps, keepHome, ...given })
    say(`first job of ${side.name}, nothing cached: ${sum(seconds).toFixed(1)} s`)
    side.remember()
    based.add(side)
  }

  async function base(): Promise<void> {
    await baseOf(ours)
    await baseOf(today)
  }

  return {
    base,
    baseOfOurs: () => baseOf(ours),
    chain: {
      async to(edits) {
        if (reached.edits === 0 || reached.edits > edits || reached.bumps > 0) await base()
        const stride = context.options.quick ? 5 : 2
        while (reached.edits + stride <= edits) {
          reached = { edits: reached.edits + stride, bumps: 0 }
          const { seconds } = await ours.run({ commit: await project.commit(reached), steps })
          say(`ours on commit ${reached.edits}: ${sum(seconds).toFixed(1)} s`)
        }
      },
      reached(moment) {
        reached = moment
      },
      at: () => reached,
    },
  }
}

/**
 * Runs a job on each side, the other one first in every second pair.
 *
 * @param pair counted from 0
 */
export async function runPair(
  { ours, today }: Pick<Context, 'ours' | 'today'>,
  pair: number,
  specs: { readonly ours: JobSpec; readonly today: JobSpec },
): Promise<{ readonly ours: RanJob; readonly today: RanJob }> {
  const early = pair % 2 === 0 ? await ours.run(specs.ours) : undefined
  const other = await today.run(specs.today)
  return { ours: early ?? (await ours.run(specs.ours)), today: other }
}

/** Writes logs into a folder, numbered in the order of the steps. */
function logKeeper(folder: string | undefined): SideOptions['keepLog'] {
  if (folder === undefined) return () => {}
  mkdirSync(folder, { recursive: true })
  return (side, stage, log) => {
    const number = String(readdirSync(folder).length + 1).padStart(3, '0')
    writeFileSync(path.join(folder, `${number}-${side}-${stage}.log`), log)
  }
}

function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((total, value) => total + value, 0)
}
