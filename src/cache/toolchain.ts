import * as path from 'node:path'
import { isPresent } from '../go/presence.ts'
import { mayPass } from '../go/retry.ts'
import { downloadPrefix, treeDirectory } from '../modules/module-path.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import { readManifest } from '../pack/manifest-file.ts'
import type { PackUnit } from '../pack/units.ts'
import { unpackEntry } from '../pack/unpack.ts'
import { type Key, keyWithDigest, shortHash } from '../plan/keys.ts'
import type { State } from '../plan/state.ts'
import { treeHash } from '../proof/tree-hash.ts'
import {
  alreadyThere,
  nothingNew,
  notSaved,
  type RestoreOutcome,
  type SaveOutcome,
} from '../report/outcomes.ts'
import { entriesOf, look, makeReadOnly, readText } from '../system/files.ts'
import { findProgram } from '../system/program.ts'
import { run } from '../system/run.ts'
import { sumdb } from './modules/choice.ts'
import { installUnits } from './modules/install.ts'
import type { ModuleCachePlace } from './modules/install-proven.ts'
import { nothingFits } from './size-limit.ts'
import { mostUnpacking, removeStaleStages, withStage } from './stage.ts'
import { type Installed, NotInstalled, restoreEntry, saveEntry, type Transfer } from './transfer.ts'

/**
 * Restores the Go that the go command would fetch, unless it is there already.
 *
 * What came is hashed and compared with its own `.ziphash`. Then the installed Go runs it once in the stage, and before
 * that compares the `.ziphash` with the checksum database (cmd/go/internal/toolchain/select.go, Exec). Neither alone would
 * do: Go never hashes the tree again. Where Go would not ask, there is no entry (plan/toolchain.ts).
 *
 * @param transfer the store, and a folder for files in passing
 * @param place the module cache
 * @param key the entry's key
 * @param name the toolchain's module as `path@version`
 */
export async function restoreToolchain(
  transfer: Transfer,
  place: ModuleCachePlace,
  key: Key,
  name: string,
): Promise<RestoreOutcome> {
  if (isPresent(place.directory, name)) return alreadyThere('exact')
  return restoreEntry(transfer, key, true, (entry) => install(entry, place, name))
}

/**
 * Saves the Go that the go command has fetched.
 *
 * @param transfer the store, and a folder for files in passing
 * @param state what main handed over
 * @param why why it is saved, for the report
 */
export async function saveToolchain(transfer: Transfer, state: State, why: string): Promise<SaveOutcome> {
  const { toolchain } = state
  if (toolchain === undefined) return notSaved('no other Go is fetched here')
  const { directory, name } = toolchain
  if (toolchain.found === 'exact') return nothingNew('it is what was restored', toolchain.matched)
  if (!isPresent(directory, name)) return notSaved('the go command fetched none')
  const { tree, ziphash } = placesOf(name)
  const hash = readText(path.join(directory, ziphash)) ?? ''
  const copied = new Set(copiedGoMods(path.join(directory, tree)).map((file) => `${tree}/${file}`))
  const key = keyWithDigest(toolchain.key, shortHash([hash.trim(), toolchain.salt]))
  const request = {
    kind: 'toolchain',
    about: { name },
    base: directory,
    units: unitsOf(directory, name),
    leaveOut: (file: string) => copied.has(file),
  } as const
  const outcome = await saveEntry(transfer, key, why, request, state.maxSize)
  if (outcome.tooLarge === undefined) return outcome
  const told = { wanted: outcome.tooLarge.stored, most: state.maxSize }
  return {
    ...outcome,
    warning: nothingFits('Go toolchain', { all: name, ...told, cost: 'fetches it again' }),
  }
}

async function install(
  entry: string,
  { directory: gomodcache, readOnly }: ModuleCachePlace,
  name: string,
): Promise<Installed> {
  const manifest = readManifest(entry)
  if (manifest.kind !== 'toolchain') throw new Error(`it holds ${manifest.kind}, not a toolchain`)
  const { tree, ziphash } = placesOf(name)
  const roots = manifest.units.flatMap((unit) => unit.roots)
  const stranger = roots.find((root) => root !== sumdb && root !== ziphash && !root.startsWith(`${tree}/`))
  if (stranger !== undefined) throw new Error(`it holds ${stranger}, which is no part of ${name}`)
  removeStaleStages(gomodcache)
  return withStage(gomodcache, async (stage) => {
    const unpacked = await unpackEntry({
      ...{ directory: entry, stage, readOnly, writableRoots: [sumdb] },
      seconds: mostUnpacking,
    })
    const staged = path.join(stage, tree)
    const [expected, hash] = [readText(path.join(stage, ziphash)), await treeHash(staged, name)]
    if (hash !== expected?.trim())
      throw new Error(`${name} hashes to ${hash}, and its .ziphash says ${expected}`)
    await runOnce(stage, name)
    if (readOnly) for (const directory of partsOf(staged)) makeReadOnly(path.join(staged, directory))
    const whole = [{ name, roots: [tree, ziphash] }]
    const database = roots.includes(sumdb) ? [{ name: 'sumdb', roots: [sumdb] }] : []
    installUnits([...database, ...whole], stage, gomodcache, readOnly)
    return unpacked
  })
}

/**
 * Runs a staged toolchain through the installed Go, which compares it with the checksum database first: no other Go does
 * that for one of the same version that it finds on PATH (cmd/go/internal/toolchain/select.go, Exec).
 *
 * @param stage absolute path of the stage, which Go takes for GOMODCACHE
 * @throws NotInstalled when the network failed; Error when the toolchain is another one, or does not run
 */
async function runOnce(stage: string, name: string): Promise<void> {
  // golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64
  const version = name.slice(name.indexOf('-go') + 1, name.lastIndexOf('.'))
  const environment = { GOTOOLCHAIN: version, GOMODCACHE: stage, GOFLAGS: '', PATH: '' }
  const go = findProgram('go')
  const ran = go === undefined ? undefined : await run(go, ['version'], { cwd: stage, environment })
  if (ran === undefined) throw new NotInstalled('there is no `go` on PATH to prove it')
  if (ran.code === 0 && ran.stdout.startsWith(`go version ${version} `)) return
  const said = (ran.stderr.trim() || ran.stdout.trim()).replaceAll(/\s*\n\s*/g, '; ')
  if (mayPass(ran.stderr))
    throw new NotInstalled(`the checksum database could not be asked about ${name}: ${said}`)
  throw new Error(`${name} does not run as ${version}: ${said}`)
}

function placesOf(name: string): { readonly tree: string; readonly ziphash: string } {
  const version = splitModuleVersion(name)
  return { tree: treeDirectory(version), ziphash: `${downloadPrefix(version)}.ziphash` }
}

/** A unit is packed by one thread, so a large tree is many of them. */
function unitsOf(gomodcache: string, name: string): readonly PackUnit[] {
  const { tree, ziphash } = placesOf(name)
  const base = path.join(gomodcache, tree)
  const parts = partsOf(base)
  const leaves = [...parts, ''].flatMap((directory) =>
    entriesOf(path.join(base, directory))
      .map((entry) => (directory === '' ? entry.name : `${directory}/${entry.name}`))
      .filter((part) => !parts.includes(part)),
  )
  const database = look(path.join(gomodcache, sumdb)) === undefined ? [] : [sumdb]
  return [ziphash, ...database, ...leaves.map((leaf) => `${tree}/${leaf}`)].map((root) => ({
    name: root,
    roots: [root],
  }))
}

/**
 * The go.mod files that the go command adds to a toolchain, each a copy of the `_go.mod` beside it: a module's
 * zip cannot hold other modules (cmd/go/internal/toolchain/select.go, Exec). They are no part of what its hash
 * proves, and the go command makes them again.
 *
 * @param tree absolute path of the toolchain
 * @returns paths in the tree, with `/`
 */
export function copiedGoMods(tree: string, prefix = ''): readonly string[] {
  const entries = entriesOf(path.join(tree, prefix))
  const here = entries.some(({ name }) => name === '_go.mod') ? [`${prefix}go.mod`] : []
  const below = entries
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => copiedGoMods(tree, `${prefix}${entry.name}/`))
  return [...here, ...below]
}

/** The directories of a toolchain that are not packed as one: its sources, and the commands among them. */
function partsOf(base: string): readonly string[] {
  return ['src', 'src/cmd', 'pkg'].filter(
    (directory) => look(path.join(base, directory))?.isDirectory() === true,
  )
}
