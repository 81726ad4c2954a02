import type { BuildState, State } from '../../state.ts'
import type { BuildCounts, SaveOutcome } from '../outcomes.ts'
import { type CachedAction, listActions } from './listing.ts'
import {
  type BuildMarker,
  newMarker,
  readConcurrentJobs,
  readMarker,
  type SiblingUse,
  writeMarker,
} from './marker.ts'
import { shortId } from './metadata.ts'
import { classifyByUse, dataBytes, mtimeGranularity, type ObjectUse } from './prune.ts'

/** State of the build cache when the job ends. */
export interface FinishedBuild {
  readonly build: BuildState
  readonly marker: BuildMarker
  readonly use: ObjectUse
  /** Other repositories whose jobs used this build cache at the same time. */
  readonly others: readonly string[]
  readonly counts: BuildCounts
  /** Whether another use of this action in this job has already saved these objects. */
  readonly isSaved: boolean
}

/**
 * Reads the state of a build cache when the job ends. Several uses of this action in one job share the build cache.
 * Uses of the same kind (equal `family`) share one entry: that of the first, and objects count from its start. A use of
 * another kind ignores objects that only another use's entry holds.
 *
 * @returns undefined when the build cache is off
 */
export function readFinishedBuild({ build, began }: State): FinishedBuild | undefined {
  if (build === undefined) return undefined
  const { directory, family, repository, job = '' } = build
  const marker = readMarker(directory, family) ?? newMarker(repository)
  const first = job !== '' && marker.first?.job === job ? marker.first : undefined
  const since = Math.min(began, first?.began ?? began)
  const own = first?.own ?? build.isExclusive
  const concurrent = readConcurrentJobs(directory, { family, repository, job }, since)
  const [held, known] = [new Set(marker.actions), new Set([...marker.since, ...concurrent.ours])]
  const isHeld = (id: string) => own || held.has(shortId(id))
  const all = listActions(directory)
  const actions = all.filter(
    (action) =>
      held.has(shortId(action.id)) ||
      concurrent.siblings?.some((one) => belongsToSibling(action, one, since)) !== true,
  )
  const use = classifyByUse(actions, since, isHeld, (id) => known.has(shortId(id)))
  const isAllFromSiblings = use.reused.length + use.fresh.length === 0 && actions.length < all.length
  const counts = {
    reused: objectAmount(use.reused),
    fresh: objectAmount(use.fresh),
    pruned: { objects: 0, bytes: 0 },
  }
  return {
    ...{
      build: first === undefined ? build : { ...build, isExclusive: own, key: first.key },
      marker,
      use,
      counts,
    },
    ...{
      others: concurrent.repositories,
      isSaved: (first !== undefined && marker.savedBy === job) || isAllFromSiblings,
    },
  }
}

/**
 * Reports whether an object belongs to another use: its entry holds the object, and this use did not use the object
 * before the other began. An object that was used at about that time belongs to both, because file times are coarse.
 */
function belongsToSibling(
  { id, used }: CachedAction,
  { began, actions }: SiblingUse,
  since: number,
): boolean {
  return actions.has(shortId(id)) && (began < since || used < since || used >= began + mtimeGranularity)
}

/** Counts the objects of the previous entry that are missing from the build cache: a failed job must not lose any. */
export function countLostObjects({ marker, use: { reused, fresh, unused } }: FinishedBuild): number {
  const here = new Set([...reused, ...fresh, ...unused].map(({ id }) => shortId(id)))
  return marker.actions.filter((id) => !here.has(id)).length
}

/**
 * Writes the marker for the next job of this kind: the job is over, and these objects exist.
 *
 * @param entry fields of the marker that a new entry changes
 * @returns the outcome, with the counts of objects
 */
export function finishBuild(
  { build, marker, use, others, counts }: FinishedBuild,
  outcome: SaveOutcome,
  entry: Partial<BuildMarker> = {},
): SaveOutcome {
  const held = new Set(entry.actions ?? marker.actions)
  const used = [...use.reused, ...use.fresh].map(({ id }) => shortId(id))
  const since = others.length > 0 ? marker.since : used.filter((id) => !held.has(id))
  writeMarker(build.directory, build.family, { ...marker, since, ...entry, key: build.key, running: false })
  return { counts, ...outcome }
}

/** Returns the number of objects, and the size of their data. */
export function objectAmount(actions: readonly CachedAction[]): BuildCounts['reused'] {
  return { objects: actions.length, bytes: dataBytes(actions) }
}
