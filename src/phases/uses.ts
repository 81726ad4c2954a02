/**
 * The plans of the uses of this action in a job. Each use keeps its plan in its own folder, which exists until its post
 * has run. The runner hands the state of a step only to the post of the same step, but a step with `save` needs it, too.
 */
import * as path from 'node:path'
import type { CacheName, SaveReport } from '../cache/index.ts'
import type { Inputs } from '../inputs/index.ts'
import type { Job } from '../job.ts'
import { objectIn } from '../platform/cleanup.ts'
import { now } from '../platform/clock.ts'
import { entriesOf, readTextUpTo, replaceFile } from '../platform/files.ts'
import { debug } from '../platform/runner.ts'
import { isJobDir, jobDirParent, jobIdentity } from '../platform/temp-dirs.ts'
import { decodeState, encodeState, type State } from '../state.ts'

/** What a use of this action plans to save when main ends. */
export interface EarlierUse {
  /** When its main began, in milliseconds since 1970. */
  readonly began: number
  /** Its state; undefined if it plans no save. */
  readonly state: State | undefined
  /** Why it plans no save, as a clause about the earlier step; empty with a state. */
  readonly why: string
}

/** Name of the file with the plan, in the folder of its use. */
const planName = 'plan.json'

/** Name of the file that lists the caches that a step with `save` has saved, in the folder of their use. */
const savedName = 'saved.json'

/** Maximum length of such a file to read, in bytes: a state has up to 24 KiB, and JSON escapes its quotes. */
const longest = 128 * 1024

/**
 * Writes the plan of this use for a later step with `save`.
 *
 * @param plan the state that post gets, or why nothing is planned, as a clause about the earlier step
 */
export function writePlan(folder: string, plan: State | string): void {
  const text =
    typeof plan === 'string'
      ? { began: now(), state: '', why: plan }
      : { began: plan.began, state: encodeState(plan), why: '' }
  write(folder, planName, { job: jobIdentity(), ...text })
}

/** Returns why a use plans no save, as a clause about the earlier step; undefined if it plans one. */
export function noSaveReason(inputs: Inputs, job: Job | undefined): string | undefined {
  if (inputs['dry-run']) return 'it was a dry run'
  if (job === undefined) return 'it found no Go module'
  return inputs['lookup-only'] ? 'it only looked up entries' : undefined
}

/** Returns the uses of this action in this job whose post has not run yet, the earliest first. */
export function readEarlierUses(): readonly EarlierUse[] {
  const parent = jobDirParent()
  return entriesOf(parent)
    .flatMap(({ name }) => readPlan(path.join(parent, name)) ?? [])
    .sort((one, other) => one.began - other.began)
}

/** Reads the plan of a use; undefined if it is missing, damaged or of another job that shares RUNNER_TEMP. */
function readPlan(folder: string): EarlierUse | undefined {
  if (!isJobDir(folder)) return undefined
  const { job, began, state, why } = objectOf(folder, planName)
  if (job !== jobIdentity() || typeof began !== 'number') return undefined
  if (typeof state !== 'string' || typeof why !== 'string') return undefined
  if (state === '') return { began, state: undefined, why }
  const decoded = decodeState(state, (named) => named === folder)
  return decoded === undefined ? undefined : { began, state: decoded, why: '' }
}

/** Records which caches of a use a step with `save` has saved, in addition to those it has saved before. */
export function markSaved({ folder, saved = [] }: State, saves: readonly SaveReport[]): void {
  const names = saves.filter(({ outcome }) => outcome.saved).map(({ name }) => name)
  write(folder, savedName, { names: [...saved, ...names] })
}

/** Adds to the state of a use which caches a step with `save` has saved. */
export function withSaved(state: State): State {
  const { names } = objectOf(state.folder, savedName)
  const saved = (['modules', 'build', 'toolchain'] as const satisfies readonly CacheName[]).filter(
    (name) => Array.isArray(names) && names.includes(name),
  )
  return saved.length === 0 ? state : { ...state, saved }
}

function objectOf(folder: string, name: string): Readonly<Record<string, unknown>> {
  return { ...objectIn(readTextUpTo(path.join(folder, name), longest) ?? '') }
}

/** Writes a file. Without it, `save` saves nothing, or post checks once more what to save: neither fails the job. */
function write(folder: string, name: string, value: object): void {
  try {
    replaceFile(path.join(folder, name), JSON.stringify(value))
  } catch (error) {
    debug(`cannot write ${name}: ${(error as Error).message}`)
  }
}
