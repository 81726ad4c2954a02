import { isDownloadPath } from '../gofiles/cache-layout.ts'
import type { JobStatus, State } from '../state.ts'
import { walkUnit } from './archive/pack.ts'
import type { RestoredEntry } from './gomodcache/entry.ts'
import type { ModuleSelection, ModuleUnit, NamedVersions } from './gomodcache/select.ts'

/** Whether an entry is saved, and the reason for it. */
export interface SaveDecision {
  readonly save: boolean
  readonly why: string
}

/** What post is to do. */
export interface SavePlan {
  readonly modules: SaveDecision
  /** `whole`: whether the job did all that it does, so that what it did not use may be of no use. */
  readonly build: SaveDecision & { readonly whole: boolean }
  readonly toolchain: SaveDecision
}

/**
 * Decides what is saved at the end of the job.
 *
 * A failed job may have all its modules: cache/gomodcache/restore.ts decides by what is there. Build objects of a failed job
 * are incomplete. A cancelled job has little time, and saves nothing.
 */
export function planSave(state: State, status: JobStatus): SavePlan {
  const common = forBoth(state, status)
  return {
    modules: common ?? forModules(state),
    build: { ...(common ?? forBuild(state, status)), whole: status === 'success' && state.failed !== true },
    toolchain: common ?? forToolchain(state),
  }
}

const noAnswer = 'the cache gave no answer when the job began'

function forBoth(state: State, status: JobStatus): SaveDecision | undefined {
  if (state.save === 'no') return no(state.why)
  if (status === 'cancelled') return no('the job was cancelled')
  if (state.save === 'if-nothing-found') {
    const others = [state.modules?.found, state.build?.found].filter((found) => found !== undefined)
    if (others.some((found) => found !== 'miss')) return no(state.why)
  }
  return undefined
}

function forModules({ modules, why }: State): SaveDecision {
  if (modules === undefined) return no('the module cache is off here')
  if (modules.unreachable) return no(noAnswer)
  return yes(why)
}

function forToolchain({ toolchain, why }: State): SaveDecision {
  if (toolchain === undefined) return no('no other Go is fetched here')
  if (toolchain.unreachable) return no(noAnswer)
  return yes(why)
}

function forBuild({ build, why, saveBuildOnFailure }: State, status: JobStatus): SaveDecision {
  if (build === undefined) return no('the build cache is off here')
  if (build.unreachable) return no(noAnswer)
  if (build.excluded.always) return no(build.excluded.why)
  if (status !== 'success' && !(status === 'failure' && saveBuildOnFailure)) {
    return no(status === 'failure' ? 'the job failed' : 'the result of the job is not known')
  }
  return yes(why)
}

function yes(why: string): SaveDecision {
  return { save: true, why }
}

function no(why: string): SaveDecision {
  return { save: false, why }
}

/** A new entry that adds less than this share to the one before is not worth its place. */
export const leastShare = 0.05

/**
 * Says why the entry of a job that is not whole would be a worse fallback than the one before; undefined when it is as
 * good. The newest entry is the one that later jobs fall back to.
 *
 * @param choice what the entry would hold
 * @param entry the restored entry; null where there is none
 */
export function whyWorseFallback(
  choice: ModuleSelection,
  { needed }: Pick<NamedVersions, 'needed'>,
  { modules, failed }: Pick<State, 'modules' | 'failed'>,
  entry: Pick<RestoredEntry, 'trees'> | null,
): string | undefined {
  if (entry === null && modules?.found !== 'miss')
    return 'the job failed, and what the newest entry holds is not known'
  if (entry === null && failed === true) return 'this step failed, so modules may be missing'
  const whole = new Set(choice.units.flatMap((unit) => (treeOf(unit) === undefined ? [] : [unit.name])))
  const missing = needed.filter((name) => !whole.has(name)).length
  if (missing > 0)
    return `the job failed, and of the ${needed.length} modules that builds need ${missing} are missing`
  return choice.trees < (entry?.trees ?? 0)
    ? `the job failed, and its entry would hold fewer modules than the one before (${choice.trees}, not ${entry?.trees})`
    : undefined
}

export function treeOf({ roots }: ModuleUnit): string | undefined {
  return roots.find((root) => !isDownloadPath(root))
}

/** Why what a job added is not worth another entry; empty where it added nothing, undefined where it is. */
export function whyTooLittle(
  gomodcache: string,
  { added, units }: ModuleSelection,
  { needed, trees }: NamedVersions,
  given: number,
): string | undefined {
  // What a build needs, and what a step installs besides, each run would fetch again.
  const [required, known, fresh] = [new Set(needed), new Set(trees), new Set(added)]
  const isMissed = units.some(
    ({ name, roots }) =>
      (required.has(name) || !known.has(name)) &&
      roots.some((root) => !isDownloadPath(root) && fresh.has(root)),
  )
  if (isMissed) return undefined
  if (added.length === 0) return ''
  const { bytes } = walkUnit(gomodcache, { name: 'added', roots: added }, () => false)
  return bytes < leastShare * given ? 'under 5 % of the entry is new' : undefined
}
