import { isDownloadPath } from '../gofiles/cache-layout.ts'
import type { JobStatus, State } from '../state.ts'
import { walkUnit } from './archive/pack.ts'
import type { RestoredEntry } from './gomodcache/entry.ts'
import type { ModuleSelection, ModuleUnit, NamedVersions } from './gomodcache/select.ts'

/** Decision whether to save an entry, and its reason. */
export interface SaveDecision {
  readonly save: boolean
  readonly why: string
}

/** Save decisions for post. */
export interface SavePlan {
  readonly modules: SaveDecision
  /** `whole`: whether the job ran completely, so that objects it did not use may be obsolete. */
  readonly build: SaveDecision & { readonly whole: boolean }
  readonly toolchain: SaveDecision
}

/**
 * Decides what to save at the end of the job.
 *
 * A failed job may have all its modules: cache/gomodcache/save.ts decides by what is in the module cache. Build objects
 * of a failed job are incomplete. A cancelled job has little time, and saves nothing.
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

/** Minimum share of new content in an entry; an entry that adds less to the previous one is not worth saving. */
export const leastShare = 0.05

/**
 * Explains why the entry of an incomplete job would be a worse fallback than the previous one. Later jobs fall back to
 * the newest entry.
 *
 * @param choice content of the new entry
 * @param entry the restored entry; null when there is none
 * @returns undefined when the new entry is as good
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

/**
 * Explains why the modules that a job added are not worth another entry.
 *
 * @returns empty when the job added nothing; undefined when they are worth one
 */
export function whyTooLittle(
  gomodcache: string,
  { added, units }: ModuleSelection,
  { needed, trees }: NamedVersions,
  given: number,
): string | undefined {
  // Every run would download these: what a build needs, and what a step installs in addition.
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
