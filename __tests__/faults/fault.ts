import { existsSync, readdirSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { expect } from 'vitest'
import { stagePrefix } from '../../src/cache/stage.ts'
import { git } from '../../testbed/git-repository.ts'
import type { StepResult } from '../../testbed/runner/step.ts'
import type { Machine } from '../bundle/shared-machine.ts'
import { tornIn } from '../bundle/whole-caches.ts'
import type { MadeModule } from '../golden/modules.ts'
import { processesBelow } from '../harness/processes.ts'
import { said } from '../harness/runner-job.ts'

/** A row of the table in docs/reliability.md, which is written from what the tests report. */
export interface Fault {
  /** What goes wrong, in the words of the table. */
  readonly fault: string
  /** How the step ends. The post step never fails. */
  readonly step: 'goes on' | 'fails'
  /** The highest level of what main and post annotate. */
  readonly log: 'nothing' | 'notice' | 'warning' | 'error'
  /** Where the modules come from that are in the module cache afterwards. */
  readonly modules: 'from the entry' | 'downloaded' | 'the wrong one downloaded' | 'none'
}

/** What random damages came to. */
export interface Damages {
  readonly count: number
  /** The first seed; the others follow. */
  readonly first: number
  /** How many of them left a module out, or a whole entry. */
  readonly noticed: number
  readonly isFull: boolean
}

declare module 'vitest' {
  interface TaskMeta {
    /** What a test of a fault has shown. */
    fault?: Fault & {
      readonly group: string
      /** Whether the run was one of all faults. */
      readonly isFull: boolean
    }
    damages?: Damages
  }
}

/** A job that a fault has met. */
export interface Ran {
  readonly main: StepResult
  readonly post: StepResult
  /** Modules whose zips were fetched in it. */
  readonly zips: readonly string[]
  readonly workspace: string
  readonly temp: string
  /** The module cache that it had, if not the machine's. */
  readonly gomodcache?: string
}

/** What a row is held to: which modules a job needs, and which of them the fault makes a wrong one. */
export interface Needed {
  readonly modules: readonly MadeModule[]
  readonly wrong: readonly MadeModule[]
}

/**
 * Holds a job to what a row promises: exit codes, levels, and what is on disk afterwards. Whatever the fault, no tree
 * is there that differs from go.sum, nothing of ours is left, and the checkout is as it was.
 */
export async function expectPromise(
  machine: Machine,
  ran: Ran,
  { step, log, modules }: Fault,
  needed: Needed,
): Promise<void> {
  const { main, post, zips } = ran
  const told = `${main.log}\n${post.log}`
  expect([main.exitCode === 0 ? 'goes on' : 'fails', post.exitCode], told).toEqual([step, 0])
  expect(highestLevel([main, post]), told).toBe(log)

  const gomodcache = ran.gomodcache ?? machine.gomodcache
  const paths = (of: readonly MadeModule[]) => of.map((module) => module.path).sort()
  const fetched = {
    'from the entry': [],
    downloaded: paths(needed.modules),
    'the wrong one downloaded': paths(needed.wrong),
    none: [],
  }
  if (modules !== 'none') expect([...zips].sort(), told).toEqual(fetched[modules])
  expect(tornIn({ gomodcache, gocache: machine.gocache }, needed.modules), told).toEqual([])
  const trees = needed.modules.filter(({ path: name, version }) =>
    existsSync(path.join(gomodcache, `${name}@${version}`)),
  )
  const expected = modules === 'none' ? [] : paths(needed.modules)
  const present = paths(modules === 'none' ? trees.filter((one) => needed.wrong.includes(one)) : trees)
  expect(present, told).toEqual(expected)

  expect(leftovers(ran.temp, [gomodcache, machine.gocache]), told).toEqual([])
  expect(processesBelow(machine.bed.folder), told).toEqual([])
  expect(await git(ran.workspace, 'status', '--porcelain', '--ignored'), told).toBe('')
}

function highestLevel(steps: readonly StepResult[]): Fault['log'] {
  const levels = ['error', 'warning', 'notice'] as const
  return levels.find((level) => steps.some((step) => said(step, level).length > 0)) ?? 'nothing'
}

/** What is ours, and not meant to stay, in RUNNER_TEMP and the caches. */
export function leftovers(temp: string, caches: readonly string[]): readonly string[] {
  const below = (folder: string, prefix: string) =>
    (existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [])
      .filter((name) => name.startsWith(prefix))
      .map((name) => path.join(folder, name))
  return [below(temp, 'go-deps-action'), ...caches.map((cache) => below(cache, stagePrefix))].flat()
}
