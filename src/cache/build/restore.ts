import * as path from 'node:path'
import { isRootOfBuildCache } from '../../modules/build-cache-paths.ts'
import type { Manifest } from '../../pack/manifest.ts'
import { readManifest } from '../../pack/manifest-file.ts'
import { unpackEntry } from '../../pack/unpack.ts'
import { type Key, matchKey } from '../../plan/keys.ts'
import { alreadyThere, type RestoreOutcome } from '../../report/outcomes.ts'
import { now } from '../../system/clock.ts'
import { entriesOf, isDirectory, look, makeDirectory, moveIfAbsent, writeFile } from '../../system/files.ts'
import { info } from '../../system/runner.ts'
import { mostUnpacking, removeStaleStages, withStage } from '../stage.ts'
import { volatileParts } from '../states.ts'
import { type Installed, restoreEntry, type Transfer } from '../transfer.ts'
import { decodeAbout, shortId } from './about.ts'
import { holdsObjects, listActions, objectDirectories } from './listing.ts'
import { type BuildMark, type FirstUse, noMark, readMark, writeMark } from './mark.ts'

/** A build cache, and whose it is. */
export interface BuildPlace {
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
export interface BuildRestored extends RestoreOutcome {
  /** Whether the build cache was this job's alone: without objects when main began. */
  readonly own: boolean
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
export async function restoreBuild(transfer: Transfer, place: BuildPlace, key: Key): Promise<BuildRestored> {
  const { directory, family, repository } = place
  removeStaleStages(directory)
  const isEmpty = !holdsObjects(directory)
  const before = readMark(directory, family)
  const first = firstUse(place, before)
  const began = now()
  const own = first?.own ?? isEmpty
  const begins = (found: FirstUse['found']) => beginning(place, first ?? { began, key: key.full, own, found })
  const there = isEmpty ? undefined : before
  // What the first use of this action in the job has found is of the same source, and so of the same graphs.
  const matched = there === undefined ? undefined : matchThere(key, there)
  const found = matched === 'partial' && first?.found === 'exact' ? 'exact' : matched
  if (there !== undefined && found !== undefined) {
    writeMark(directory, family, { ...there, ...begins(found) })
    const { testInputs } = there.about
    return { ...alreadyThere(found), matched: there.stored, own, testInputs }
  }
  let mark = noMark(repository)
  const outcome = await restoreEntry(transfer, key, true, async (entry, matched) => {
    const manifest = readManifest(entry)
    if (manifest.kind !== 'build') throw new Error(`it holds ${manifest.kind}, not build objects`)
    const strange = manifest.units.flatMap(({ roots }) => roots).filter((root) => !isRootOfBuildCache(root))
    if (strange.length > 0) throw new Error(`it holds ${strange[0]}, which is no part of a build cache`)
    const isPartial = manifest.omitted !== undefined
    const { actions, ...installed } = await install(entry, directory, isPartial)
    const about = decodeAbout(manifest.about)
    mark = { ...mark, key: matched, stored: matched, share: shareOf(manifest), actions, about }
    return installed
  })
  writeMark(directory, family, { ...mark, ...begins(outcome.trouble === '' ? outcome.found : 'unknown') })
  return { ...outcome, own, testInputs: mark.about.testInputs }
}

/**
 * Says in a build cache that this job works with it, where nothing is restored.
 *
 * @returns whether the build cache is this job's alone
 */
export function joinBuild(place: BuildPlace, key: Key): boolean {
  const { directory, family, repository } = place
  const before = readMark(directory, family)
  const first = firstUse(place, before)
  const own = first?.own ?? !holdsObjects(directory)
  writeMark(directory, family, {
    ...(before ?? noMark(repository)),
    ...beginning(place, first ?? { began: now(), key: key.full, own, found: 'unknown' }),
  })
  return own
}

/** The first use of this action in this job, if it was an earlier one. */
function firstUse({ job = '' }: BuildPlace, mark: BuildMark | undefined): FirstUse | undefined {
  const first = job !== '' && mark?.running === true ? mark.first : undefined
  return first?.job === job && isDirectory(first.folder) ? first : undefined
}

/** What a mark says from the beginning of a use until its end. */
function beginning(
  { job = '', folder = '' }: BuildPlace,
  first: Omit<FirstUse, 'job' | 'folder'> | FirstUse,
): Pick<BuildMark, 'running' | 'first' | 'savedBy'> {
  return { running: true, first: { job, folder, ...first }, savedBy: '' }
}

/** How what an earlier job left fits; undefined when it does not. */
function matchThere(key: Key, mark: BuildMark): 'exact' | 'partial' | undefined {
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
): Promise<Installed & { readonly actions: readonly string[] }> {
  makeDirectory(gocache)
  return withStage(gocache, async (stage) => {
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      readOnly: false,
      mtimeSeconds: Math.floor(now() / 1000) - restoredAge,
      verifyBuildObjects: true,
      seconds: mostUnpacking,
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
  if (look(from) === undefined) return
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
  if (look(file) === undefined) writeFile(file, String(Math.floor(now() / 1000)))
}
