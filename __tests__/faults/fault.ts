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

/** A row of the table in docs/reliability.md, which is generated from the test report. */
export interface Fault {
  /** The fault, as the table words it. */
  readonly fault: string
  /** Result of the main step. The post step never fails. */
  readonly step: 'goes on' | 'fails'
  /** Highest level of the annotations of main and post. */
  readonly log: 'nothing' | 'notice' | 'warning' | 'error'
  /** Source of the modules that are in the module cache afterwards. */
  readonly modules: 'from the entry' | 'downloaded' | 'the wrong one downloaded' | 'none'
}

/** Results of the random damages. */
export interface Damages {
  readonly count: number
  /** The first seed; the others follow. */
  readonly first: number
  /** How many of them cost a module or the whole entry. */
  readonly noticed: number
  readonly isFull: boolean
}

declare module 'vitest' {
  interface TaskMeta {
    /** The result of a fault test. */
    fault?: Fault & {
      readonly group: string
      /** Whether the run covered all faults. */
      readonly isFull: boolean
    }
    damages?: Damages
  }
}

/** A job that ran with a fault. */
export interface Ran {
  readonly main: StepResult
  readonly post: StepResult
  /** Modules whose zips it downloaded. */
  readonly zips: readonly string[]
  readonly workspace: string
  readonly temp: string
  /** Its module cache, if not that of the machine. */
  readonly gomodcache?: string
}

/** Expectations of a row: the modules that a job needs, and those that the fault makes wrong. */
export interface Needed {
  readonly modules: readonly MadeModule[]
  readonly wrong: readonly MadeModule[]
}

/**
 * Checks the promises of a row: exit codes, levels, and files on disk afterwards. Whatever the fault, every tree
 * matches
 * go.sum, none of our temporary files is left, and the checkout is unchanged.
 */
export async function expectPromise(
  machine: Machine,
  ran: Ran,
  { step, log, modules }: Fault,
  needed: Needed,
): Promise<void> {
  const { main, post, zips } = ran
  const logs = `${main.log}\n${post.log}`
  expect([main.exitCode === 0 ? 'goes on' : 'fails', post.exitCode], logs).toEqual([step, 0])
  expect(highestLevel([main, post]), logs).toBe(log)

  const gomodcache = ran.gomodcache ?? machine.gomodcache
  const paths = (of: readonly MadeModule[]) => of.map((module) => module.path).sort()
  const fetched = {
    'from the entry': [],
    downloaded: paths(needed.modules),
    'the wrong one downloaded': paths(needed.wrong),
    none: [],
  }
  if (modules !== 'none') expect([...zips].sort(), logs).toEqual(fetched[modules])
  expect(tornIn({ gomodcache, gocache: machine.gocache }, needed.modules), logs).toEqual([])
  const trees = needed.modules.filter(({ path: name, version }) =>
    existsSync(path.join(gomodcache, `${name}@${version}`)),
  )
  const expected = modules === 'none' ? [] : paths(needed.modules)
  const present = paths(modules === 'none' ? trees.filter((one) => needed.wrong.includes(one)) : trees)
  expect(present, logs).toEqual(expected)

  expect(leftovers(ran.temp, [gomodcache, machine.gocache]), logs).toEqual([])
  expect(processesBelow(machine.bed.folder), logs).toEqual([])
  expect(await git(ran.workspace, 'status', '--porcelain', '--ignored'), logs).toBe('')
}

function highestLevel(steps: readonly StepResult[]): Fault['log'] {
  const levels = ['error', 'warning', 'notice'] as const
  return levels.find((level) => steps.some((step) => said(step, level).length > 0)) ?? 'nothing'
}

/** Temporary files of the action that are left in RUNNER_TEMP and the caches. */
export function leftovers(temp: string, caches: readonly string[]): readonly string[] {
  const below = (folder: string, prefix: string) =>
    (existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [])
      .filter((name) => name.startsWith(prefix))
      .map((name) => path.join(folder, name))
  return [below(temp, 'go-deps-action'), ...caches.map((cache) => below(cache, stagePrefix))].flat()
}
