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
import type { Manifest } from '../archive/manifest.ts'
import type { OpenEntry } from '../archive/open-entry.ts'
import { unpackEntry } from '../archive/unpack.ts'
import { type RestoredAmount, restoreEntry, type Transfer } from '../entries.ts'
import { type Key, matchKey } from '../key.ts'
import { alreadyCached, type RestoreOutcome } from '../outcomes.ts'
import { maxUnpackSeconds, removeStaleStages, withStage } from '../stage.ts'
import { volatileParts } from './key.ts'
import { holdsObjects, listActions, objectDirectories } from './listing.ts'
import { type BuildMarker, type FirstUse, newMarker, readMarker, writeMarker } from './marker.ts'
import { decodeMetadata, shortId } from './metadata.ts'

/** Build cache, and the job that uses it. */
interface BuildCacheLocation {
  /** Absolute path of GOCACHE. */
  readonly directory: string
  /** Hash that identifies this kind of job among those that use the same build cache. */
  readonly family: string
  /** The repository, as `owner/name`. */
  readonly repository: string
  /** Hash that identifies the job, shared by all uses of this action in it. */
  readonly job?: string
  /** Absolute path of this use's own folder. */
  readonly folder?: string
}

/** Outcome of restoring the build cache. */
interface BuildRestoreOutcome extends RestoreOutcome {
  /** Whether this job had the build cache to itself: it held no objects when main began. */
  readonly isExclusive: boolean
  /** Files and directories that cached tests read, relative to the checkout. */
  readonly testInputs: readonly string[]
}

/**
 * Age of restored objects, in seconds. Go updates the mtime of a used object only when it is over an hour old
 * (cmd/go/internal/cache/cache.go, mtimeInterval).
 */
const restoredAge = 2 * 60 * 60

/**
 * Restores the build cache, unless a job of this kind has left it on this machine.
 *
 * @param transfer the store, and a folder for temporary files
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
  const startFieldsFor = (found: FirstUse['found']) =>
    startFields(place, first ?? { began, key: key.full, own, found })
  const local = isEmpty ? undefined : before
  // The first use of this action in the job has the same source and the same module graph, so its match counts.
  const matched = local === undefined ? undefined : matchLocal(key, local)
  const found = matched === 'partial' && first?.found === 'exact' ? 'exact' : matched
  if (local !== undefined && found !== undefined) {
    writeMarker(directory, family, { ...local, ...startFieldsFor(found) })
    const { testInputs } = local.about
    return { ...alreadyCached(found), matched: local.stored, isExclusive: own, testInputs }
  }
  let marker = newMarker(repository)
  const outcome = await restoreEntry(transfer, key, async (entry, matched) => {
    const { manifest } = entry
    if (manifest.kind !== 'build') throw new Error(`it holds ${manifest.kind}, not build objects`)
    const unexpected = manifest.units
      .flatMap(({ roots }) => roots)
      .filter((root) => !isRootOfBuildCache(root))
    if (unexpected.length > 0)
      throw new Error(`it holds ${unexpected[0]}, which does not belong in a build cache`)
    const { actions, ...installed } = await install(entry, directory)
    const about = decodeMetadata(manifest.about)
    marker = { ...marker, key: matched, stored: matched, share: shareOf(manifest), actions, about }
    return installed
  })
  writeMarker(directory, family, {
    ...marker,
    ...startFieldsFor(outcome.error === '' ? outcome.found : 'unknown'),
  })
  return { ...outcome, isExclusive: own, testInputs: marker.about.testInputs }
}

/**
 * Writes a marker that this job uses the build cache, when nothing is restored.
 *
 * @returns whether this job has the build cache to itself
 */
export function registerBuildUse(place: BuildCacheLocation, key: Key): boolean {
  const { directory, family, repository } = place
  const before = readMarker(directory, family)
  const first = firstUse(place, before)
  const own = first?.own ?? !holdsObjects(directory)
  writeMarker(directory, family, {
    ...(before ?? newMarker(repository)),
    ...startFields(place, first ?? { began: now(), key: key.full, own, found: 'unknown' }),
  })
  return own
}

/** Returns the first use of this action in this job; undefined when this use is the first. */
function firstUse({ job = '' }: BuildCacheLocation, marker: BuildMarker | undefined): FirstUse | undefined {
  const first = job !== '' && marker?.running === true ? marker.first : undefined
  return first?.job === job && isDirectory(first.folder) ? first : undefined
}

/** Returns the fields of a marker that hold from the start of a use until its end. */
function startFields(
  { job = '', folder = '' }: BuildCacheLocation,
  first: Omit<FirstUse, 'job' | 'folder'> | FirstUse,
): Pick<BuildMarker, 'running' | 'first' | 'savedBy'> {
  return { running: true, first: { job, folder, ...first }, savedBy: '' }
}

/** Returns how the content from an earlier job matches the key; undefined when it does not. */
function matchLocal(key: Key, marker: BuildMarker): 'exact' | 'partial' | undefined {
  const match = matchKey(key, marker.key)
  if (match.kind === 'exact') return 'exact'
  return volatileParts.includes(match.differs.name) ? 'partial' : undefined
}

function shareOf({ shards, bytes }: Manifest): number {
  return bytes === 0 ? 0 : shards.reduce((sum, shard) => sum + shard.length, 0) / bytes
}

async function install(
  entry: OpenEntry,
  gocache: string,
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
      info(`Discarded build objects that do not match the SHA-256 in their names: ${unpacked.dropped}`)
    // Go recreates an action whose data is missing, and the action then counts as added.
    const isWhole = unpacked.dropped + unpacked.omitted === 0
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
 * Moves staged files to where they are missing: whole directories where possible, else object by object, data before
 * the actions that name it.
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

/**
 * Writes trim.txt when it is missing. Without a recent one, the next build scans every object and deletes those that
 * seem unused.
 */
function keepFromTrimming(gocache: string): void {
  const file = path.join(gocache, 'trim.txt')
  if (lstat(file) === undefined) writeFile(file, String(Math.floor(now() / 1000)))
}
