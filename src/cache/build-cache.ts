import * as path from 'node:path'
import { readManifest } from '../pack/manifest-file.ts'
import { unpackEntry } from '../pack/unpack.ts'
import { type Key, matchKey } from '../plan/keys.ts'
import type { State } from '../plan/state.ts'
import { alreadyThere, notSaved, type RestoreOutcome, type SaveOutcome } from '../report/outcomes.ts'
import { now } from '../system/clock.ts'
import {
  entriesOf,
  look,
  makeDirectory,
  makePrivateDirectory,
  moveIfAbsent,
  readText,
  removeIfPossible,
  writeFile,
} from '../system/files.ts'
import { debug, info } from '../system/runner.ts'
import { removeStaleStages, stagePrefix } from './stage.ts'
import { type Installed, restoreEntry, saveEntry, type Transfer } from './transfer.ts'

/** Go touches an object on use only when it is over an hour old (cmd/go/internal/cache/cache.go, mtimeInterval). */
const restoredAge = 2 * 60 * 60
/**
 * Tells which entry a build cache holds, for jobs that find it there already. It stands among the
 * objects so that `go clean -cache` removes it with them.
 */
const marker = '00/go-deps-action.json'

/**
 * Restores the build cache, unless it is there already from this job's family.
 *
 * @param transfer the store, and a folder for files in passing
 * @param gocache absolute path of the build cache
 * @param key the key and its fallbacks
 */
export async function restoreBuild(transfer: Transfer, gocache: string, key: Key): Promise<RestoreOutcome> {
  const there = readText(path.join(gocache, marker))
  if (there !== undefined) {
    const match = matchKey(key, there.trim())
    if (match.kind === 'exact') return alreadyThere('exact')
    if (match.differs.name === 'module graph' || match.differs.name === 'source')
      return alreadyThere('partial')
  }
  const outcome = await restoreEntry(transfer, key, false, (entry) => install(entry, gocache))
  if (outcome.matched !== '') markBuild(gocache, outcome.matched)
  return outcome
}

/**
 * Saves the build cache.
 *
 * @param transfer the store, and a folder for files in passing
 * @param state what main handed over
 * @param why why it is saved, for the report
 */
export async function saveBuild(transfer: Transfer, state: State, why: string): Promise<SaveOutcome> {
  const { build } = state
  if (build === undefined) return notSaved('the build cache is off here')
  const units = unitsIn(build.directory)
  if (units.length === 0) return notSaved('nothing was built')
  const outcome = await saveEntry(transfer, build.key, why, {
    kind: 'build',
    about: {},
    base: build.directory,
    units,
    skip: [marker],
  })
  // Only what the store holds, too: a mark says that there is nothing to save.
  if (outcome.saved || outcome.held) markBuild(build.directory, build.key)
  return outcome
}

/**
 * What of a build cache is packed: the directories of objects, the fuzzing corpus, and when test
 * results expired. `trim.txt` is not: it says when this machine's cache was last trimmed.
 */
function unitsIn(gocache: string): readonly { readonly name: string; readonly roots: readonly string[] }[] {
  return entriesOf(gocache)
    .filter((entry) =>
      entry.isDirectory()
        ? entry.name === 'fuzz' ||
          (/^[0-9a-f]{2}$/.test(entry.name) && holdsObjects(path.join(gocache, entry.name)))
        : entry.name === 'testexpire.txt',
    )
    .map((entry) => ({ name: entry.name, roots: [entry.name] }))
}

function holdsObjects(directory: string): boolean {
  return entriesOf(directory).some((entry) => /-[ad]$/.test(entry.name))
}

async function install(entry: string, gocache: string): Promise<Installed> {
  const { kind } = readManifest(entry)
  if (kind !== 'build') throw new Error(`it holds ${kind}, not build objects`)
  makeDirectory(gocache)
  removeStaleStages(gocache)
  const stage = makePrivateDirectory(path.join(gocache, stagePrefix))
  try {
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      readOnly: false,
      mtimeSeconds: Math.floor(now() / 1000) - restoredAge,
      verifyBuildObjects: true,
    })
    if (unpacked.dropped > 0)
      info(`${unpacked.dropped} build objects were not what their names say: left out`)
    for (const unit of unpacked.units) for (const root of unit.roots) moveInto(stage, gocache, root)
    keepFromTrimming(gocache)
    return unpacked
  } finally {
    removeIfPossible(stage)
  }
}

/**
 * Moves what is staged to where it is absent: whole directories where possible, else object by object,
 * data before the actions that name it.
 */
function moveInto(stage: string, gocache: string, root: string): void {
  const [from, to] = [path.join(stage, root), path.join(gocache, root)]
  if (look(from) === undefined || moveIfAbsent(from, to)) return
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

function markBuild(gocache: string, key: string): void {
  try {
    writeFile(path.join(gocache, marker), `${key}\n`)
  } catch (error) {
    debug(`the build cache cannot be marked: ${(error as Error).message}`)
  }
}
