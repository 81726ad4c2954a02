import * as path from 'node:path'
import { isRootOfBuildCache } from '../../gofiles/cache-layout.ts'
import { now } from '../../platform/clock.ts'
import {
  entriesOf,
  isDirectory,
  lstat,
  makeDirectory,
  moveIfAbsent,
  writeFile,
} from '../../platform/files.ts'
import { info } from '../../platform/runner.ts'
import { type Manifest, readManifest } from '../archive/manifest.ts'
import { unpackEntry } from '../archive/unpack.ts'
import { type RestoredAmount, restoreEntry, type Transfer } from '../entries.ts'
import { type Key, matchKey } from '../key.ts'
import { alreadyCached, type RestoreOutcome } from '../outcomes.ts'
import { maxUnpackSeconds, removeStaleStages, withStage } from '../stage.ts'
import { volatileParts } from './key.ts'
import { holdsObjects, listActions, objectDirectories } from './listing.ts'
import { type BuildMarker, type FirstUse, newMarker, readMarker, writeMarker } from './marker.ts'
import { decodeMetadata, shortId } from './metadata.ts'

/** A build cache, and whose it is. */
interface BuildCacheLocation {
  /** Absolute path of GOCACHE. */
  readonly directory: string
  /** Tells this kind of job from others that use the same build cache. */
  readonly family: string
  /** The repository, as `owner/name`. */
  readonly repository: string
  /** Tells the uses of this action in one job from those in others. */
  readonly job?: string
  /** Absolute path of this use's own folder. */
  readonly folder?: string
}

/** What restoring the build cache came to. */
interface BuildRestoreOutcome extends RestoreOutcome {
  /** Whether the build cache was this job's alone: without objects when main began. */
  readonly isExclusive: boolean
  /** The files and directories that cached tests looked at, relative to the checkout. */
  readonly testInputs: readonly string[]
}

/** Go touches an object on use only when it is over an hour old (cmd/go/internal/cache/cache.go, mtimeInterval). */
const restoredAge = 2 * 60 * 60

/**
 * Restores the build cache, unless it is there already from a job of this kind.
 *
 * @param transfer the store, and a folder for files in passing
 * @param place the build cache
 * @param key the key and its fallbacks
 */
export async function restoreBuild(
  transfer: Transfer,
  place: BuildCacheLocation,
  key: Key,
): Promise<BuildRestoreOutcome> {
  const { directory, family, repository } = place
  removeStaleStages(directory)
  const isEmpty = !holdsObjects(directory)
  const before = readMarker(directory, family)
  const first = firstUse(place, before)
  const began = now()
  const own = first?.own ?? isEmpty
  const begins = (found: FirstUse['found']) => beginning(place, first ?? { began, key: key.full, own, found })
  const there = isEmpty ? undefined : before
  // What the first use of this action in the job has found is of the same source, and so of the same graphs.
  const matched = there === undefined ? undefined : matchThere(key, there)
  const found = matched === 'partial' && first?.found === 'exact' ? 'exact' : matched
  if (there !== undefined && found !== undefined) {
    writeMarker(directory, family, { ...there, ...begins(found) })
    const { testInputs } = there.about
    return { ...alreadyCached(found), matched: there.stored, isExclusive: own, testInputs }
  }
  let mark = newMarker(repository)
  const outcome = await restoreEntry(transfer, key, true, async (entry, matched) => {
    const manifest = readManifest(entry)
    if (manifest.kind !== 'build') throw new Error(`it holds ${manifest.kind}, not build objects`)
    const strange = manifest.units.flatMap(({ roots }) => roots).filter((root) => !isRootOfBuildCache(root))
    if (strange.length > 0) throw new Error(`it holds ${strange[0]}, which is no part of a build cache`)
    const isPartial = manifest.omitted !== undefined
    const { actions, ...installed } = await install(entry, directory, isPartial)
    const about = decodeMetadata(manifest.about)
    mark = { ...mark, key: matched, stored: matched, share: shareOf(manifest), actions, about }
    return installed
  })
  writeMarker(directory, family, { ...mark, ...begins(outcome.error === '' ? outcome.found : 'unknown') })
  return { ...outcome, isExclusive: own, testInputs: mark.about.testInputs }
}

/**
 * Says in a build cache that this job works with it, where nothing is restored.
 *
 * @returns whether the build cache is this job's alone
 */
export function registerBuildUse(place: BuildCacheLocation, key: Key): boolean {
  const { directory, family, repository } = place
  const before = readMarker(directory, family)
  const first = firstUse(place, before)
  const own = first?.own ?? !holdsObjects(directory)
  writeMarker(directory, family, {
    ...(before ?? newMarker(repository)),
    ...beginning(place, first ?? { began: now(), key: key.full, own, found: 'unknown' }),
  })
  return own
}

/** The first use of this action in this job, if it was an earlier one. */
function firstUse({ job = '' }: BuildCacheLocation, mark: BuildMarker | undefined): FirstUse | undefined {
  const first = job !== '' && mark?.running === true ? mark.first : undefined
  return first?.job === job && isDirectory(first.folder) ? first : undefined
}

/** What a mark says from the beginning of a use until its end. */
function beginning(
  { job = '', folder = '' }: BuildCacheLocation,
  first: Omit<FirstUse, 'job' | 'folder'> | FirstUse,
): Pick<BuildMarker, 'running' | 'first' | 'savedBy'> {
  return { running: true, first: { job, folder, ...first }, savedBy: '' }
}

/** How what an earlier job left fits; undefined when it does not. */
function matchThere(key: Key, mark: BuildMarker): 'exact' | 'partial' | undefined {
  const match = matchKey(key, mark.key)
  if (match.kind === 'exact') return 'exact'
  return volatileParts.includes(match.differs.name) ? 'partial' : undefined
}

function shareOf({ shards, bytes }: Manifest): number {
  return bytes === 0 ? 0 : shards.reduce((sum, shard) => sum + shard.length, 0) / bytes
}

async function install(
  entry: string,
  gocache: string,
  isPartial: boolean,
): Promise<RestoredAmount & { readonly actions: readonly string[] }> {
  makeDirectory(gocache)
  return withStage(gocache, async (stage) => {
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      readOnly: false,
      mtimeSeconds: Math.floor(now() / 1000) - restoredAge,
      verifyBuildObjects: true,
      seconds: maxUnpackSeconds,
    })
    if (unpacked.dropped > 0)
      info(`Build objects that were not what their names say, and are left out: ${unpacked.dropped}`)
    // An action without its data is made anew, and then it is an addition.
    const isWhole = unpacked.dropped === 0 && !isPartial
    const actions = isWhole ? actionsIn(stage) : listActions(stage).map(({ id }) => shortId(id))
    for (const unit of unpacked.units) for (const root of unit.roots) moveInto(stage, gocache, root)
    keepFromTrimming(gocache)
    return { ...unpacked, actions }
  })
}

function actionsIn(gocache: string): readonly string[] {
  return objectDirectories(gocache).flatMap((directory) =>
    entriesOf(path.join(gocache, directory)).flatMap(({ name }) =>
      name.endsWith('-a') ? [shortId(name)] : [],
    ),
  )
}

/**
 * Moves what is staged to where it is absent: whole directories where possible, else object by object,
 * data before the actions that name it.
 */
function moveInto(stage: string, gocache: string, root: string): void {
  const [from, to] = [path.join(stage, root), path.join(gocache, root)]
  if (lstat(from) === undefined) return
  makeDirectory(path.dirname(to))
  if (moveIfAbsent(from, to)) return
  const isData = (name: string) => name.endsWith('-d')
  const entries = entriesOf(from)
  const inOrder = [
    ...entries.filter(({ name }) => isData(name)),
    ...entries.filter(({ name }) => !isData(name)),
  ]
  for (const entry of inOrder) {
    const below = `${root}/${entry.name}`
    if (entry.isDirectory() && !isData(entry.name)) moveInto(stage, gocache, below)
    else moveIfAbsent(path.join(stage, below), path.join(gocache, below))
  }
}

/** Without a recent trim.txt the next build looks at every object, and deletes those it takes for unused. */
function keepFromTrimming(gocache: string): void {
  const file = path.join(gocache, 'trim.txt')
  if (lstat(file) === undefined) writeFile(file, String(Math.floor(now() / 1000)))
}
