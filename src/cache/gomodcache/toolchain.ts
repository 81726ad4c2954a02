import * as path from 'node:path'
import {
  buildGoVersion,
  fetchedToolchain,
  type GoEnv,
  isTransient,
  runGoIfFound,
  toolchainModule,
} from '../../gocmd/index.ts'
import { downloadPrefix, splitModuleVersion, treeDirectory } from '../../gofiles/module-path.ts'
import { sumsOf } from '../../gofiles/roots.ts'
import { matchesModulePatterns } from '../../gosettings/module-patterns.ts'
import type { GoSettingLookup } from '../../gosettings/private-modules.ts'
import type { Inputs } from '../../inputs/index.ts'
import { entriesOf, lstat, makeReadOnly, readText } from '../../platform/files.ts'
import { findProgram } from '../../platform/processes.ts'
import type { State } from '../../state.ts'
import { treeHash } from '../archive/hash-files.ts'
import type { OpenEntry } from '../archive/open-entry.ts'
import type { PackUnit } from '../archive/units.ts'
import { unpackEntry } from '../archive/unpack.ts'
import {
  EntryNotApplicable,
  type RestoredAmount,
  restoreEntry,
  saveEntry,
  type Transfer,
} from '../entries.ts'
import {
  type CachePlan,
  type Key,
  type KeyFacts,
  type KeyPart,
  keyText,
  keyWithDigest,
  leadingParts,
  makeKey,
  noCacheDirectory,
  shortHash,
} from '../key.ts'
import { alreadyCached, type RestoreOutcome, type SaveOutcome } from '../outcomes.ts'
import { refuse } from '../save-rules.ts'
import { nothingFitsWarning } from '../size-limit.ts'
import { maxUnpackSeconds, removeStaleStages, withStage } from '../stage.ts'
import { moveModulesIntoPlace } from './install.ts'
import { isModuleCached } from './listing.ts'
import type { ModuleCacheLocation } from './restore.ts'
import { sumdbPath } from './select.ts'

/**
 * Restores the toolchain that the go command would otherwise download, unless it already exists.
 *
 * The tree is hashed and compared with its own `.ziphash`. Then the installed Go runs the toolchain once in the stage.
 * Before that, Go compares the `.ziphash` with the checksum database (cmd/go/internal/toolchain/select.go, Exec). Both
 * checks are necessary, because Go never rehashes the tree. When Go would not query the database, the cache is off
 * (planToolchainCache).
 *
 * @param transfer the store, and a folder for temporary files
 * @param location the module cache
 * @param key the entry's key
 * @param name the toolchain's module as `path@version`
 * @param env the environment of the go command that verifies it
 */
export async function restoreToolchain(
  transfer: Transfer,
  location: ModuleCacheLocation,
  key: Key,
  name: string,
  env: GoEnv,
): Promise<RestoreOutcome> {
  if (isModuleCached(location.directory, name)) return alreadyCached('exact')
  return restoreEntry(transfer, key, (entry) => install(entry, location, name, env))
}

/**
 * Saves the toolchain that the go command has downloaded.
 *
 * @param transfer the store, and a folder for temporary files
 * @param state the state from main
 * @param why reason for the save, for the report
 */
export async function saveToolchain(transfer: Transfer, state: State, why: string): Promise<SaveOutcome> {
  const { toolchain } = state
  if (toolchain === undefined) return refuse({ rule: 'no-toolchain' })
  const { directory, name } = toolchain
  if (toolchain.found === 'exact')
    return { ...refuse({ rule: 'toolchain-restored' }), key: toolchain.matched }
  if (!isModuleCached(directory, name)) return refuse({ rule: 'toolchain-not-fetched' })
  const { tree, ziphash } = pathsOf(name)
  const hash = readText(path.join(directory, ziphash)) ?? ''
  const copied = new Set(copiedGoMods(path.join(directory, tree)).map((file) => `${tree}/${file}`))
  const key = keyWithDigest(toolchain.key, shortHash([hash.trim(), toolchain.salt]))
  const request = {
    kind: 'toolchain',
    metadata: { name },
    base: directory,
    units: unitsOf(directory, name),
    exclude: (file: string) => copied.has(file),
  } as const
  const outcome = await saveEntry(transfer, key, why, request, state.maxSize)
  if (outcome.tooLarge === undefined) return outcome
  const sizes = { wanted: outcome.tooLarge.stored, most: state.maxSize }
  return {
    ...outcome,
    warning: nothingFitsWarning('Go toolchain', { all: name, ...sizes, cost: 'fetches it again' }),
  }
}

async function install(
  entry: OpenEntry,
  { directory: gomodcache, readOnly }: ModuleCacheLocation,
  name: string,
  env: GoEnv,
): Promise<RestoredAmount> {
  const { manifest } = entry
  if (manifest.kind !== 'toolchain') throw new Error(`it holds ${manifest.kind}, not a toolchain`)
  const { tree, ziphash } = pathsOf(name)
  const roots = manifest.units.flatMap((unit) => unit.roots)
  const unexpected = roots.find(
    (root) => root !== sumdbPath && root !== ziphash && !root.startsWith(`${tree}/`),
  )
  if (unexpected !== undefined) throw new Error(`it holds ${unexpected}, which does not belong to ${name}`)
  removeStaleStages(gomodcache)
  return withStage(gomodcache, async (stage) => {
    const unpacked = await unpackEntry({
      ...{ directory: entry, stage, readOnly, writableRoots: [sumdbPath] },
      seconds: maxUnpackSeconds,
    })
    const staged = path.join(stage, tree)
    const [expected, hash] = [readText(path.join(stage, ziphash)), await treeHash(staged, name)]
    if (hash !== expected?.trim())
      throw new Error(`${name} hashes to ${hash}, but its .ziphash holds ${expected}`)
    await runOnce(stage, name, env)
    if (readOnly) for (const directory of partsOf(staged)) makeReadOnly(path.join(staged, directory))
    const whole = [{ name, roots: [tree, ziphash] }]
    const database = roots.includes(sumdbPath) ? [{ name: 'sumdb', roots: [sumdbPath] }] : []
    moveModulesIntoPlace([...database, ...whole], stage, gomodcache, readOnly)
    return unpacked
  })
}

/**
 * Runs a staged toolchain through the installed Go, which first compares it with the checksum database. PATH is empty,
 * because Go skips that check for a toolchain of the same version on PATH (cmd/go/internal/toolchain/select.go, Exec).
 *
 * @param stage absolute path of the stage, which Go uses as GOMODCACHE
 * @throws EntryNotApplicable when `go` is missing or the network failed; Error when the toolchain has another version
 *   or does not run
 */
async function runOnce(stage: string, name: string, env: GoEnv): Promise<void> {
  // golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64
  const version = name.slice(name.indexOf('-go') + 1, name.lastIndexOf('.'))
  const set = { GOTOOLCHAIN: version, GOMODCACHE: stage, GOFLAGS: '', PATH: '' }
  const program = findProgram('go', env.variables)
  const ran =
    program === undefined ? undefined : await runGoIfFound(['version'], { program, cwd: stage, env, set })
  if (ran === undefined)
    throw new EntryNotApplicable('`go` is not on PATH, so the toolchain cannot be verified')
  if (ran.code === 0 && ran.stdout.startsWith(`go version ${version} `)) return
  const output = (ran.stderr.trim() || ran.stdout.trim()).replaceAll(/\s*\n\s*/g, '; ')
  if (isTransient(ran.stderr))
    throw new EntryNotApplicable(`the checksum database could not be queried for ${name}: ${output}`)
  throw new Error(`${name} does not run as ${version}: ${output}`)
}

function pathsOf(name: string): { readonly tree: string; readonly ziphash: string } {
  const version = splitModuleVersion(name)
  return { tree: treeDirectory(version), ziphash: `${downloadPrefix(version)}.ziphash` }
}

/** Returns the units of a toolchain. One thread packs a unit, so a large tree is split into many. */
function unitsOf(gomodcache: string, name: string): readonly PackUnit[] {
  const { tree, ziphash } = pathsOf(name)
  const base = path.join(gomodcache, tree)
  const parts = partsOf(base)
  const leaves = [...parts, ''].flatMap((directory) =>
    entriesOf(path.join(base, directory))
      .map((entry) => (directory === '' ? entry.name : `${directory}/${entry.name}`))
      .filter((part) => !parts.includes(part)),
  )
  const database = lstat(path.join(gomodcache, sumdbPath)) === undefined ? [] : [sumdbPath]
  return [ziphash, ...database, ...leaves.map((leaf) => `${tree}/${leaf}`)].map((root) => ({
    name: root,
    roots: [root],
  }))
}

/**
 * Lists the go.mod files that the go command adds to a toolchain. Each is a copy of the `_go.mod` in the same
 * directory, because a module's zip cannot hold other modules (cmd/go/internal/toolchain/select.go, Exec). The
 * toolchain's hash does not cover them, and the go command recreates them.
 *
 * @param tree absolute path of the toolchain
 * @param prefix directory in the tree to search, with a `/` at its end; empty for the whole tree
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

/** Returns the directories of a toolchain that are split into several units: the sources, the commands and `pkg`. */
function partsOf(base: string): readonly string[] {
  return ['src', 'src/cmd', 'pkg'].filter(
    (directory) => lstat(path.join(base, directory))?.isDirectory() === true,
  )
}

/** Facts that decide whether the go command looks up a toolchain in the checksum database. */
interface DatabaseLookup {
  /** Returns the value of a go command variable; empty when it is unset. */
  readonly settings: GoSettingLookup
  /** GOPROXY of the later steps of an offline job; empty when the job is not offline. */
  readonly offlineSource: string
}

/** Plan for the toolchain that the go command downloads by itself. */
export interface ToolchainPlan {
  readonly plan: CachePlan
  /** Its module as `path@version`; empty when none is downloaded. */
  readonly name: string
}

/**
 * Plans the entry for the toolchain that the go command downloads by itself. It does so when a go.mod or GOTOOLCHAIN
 * requests another version than the installed one. The toolchain is large and changes rarely, so it has its own entry.
 *
 * @param lookup facts that decide whether the go command compares a toolchain with the checksum database
 */
export function planToolchainCache(
  inputs: Pick<Inputs, 'cache-modules' | 'bundle'>,
  facts: Pick<KeyFacts, 'roots' | 'go'>,
  lookup: DatabaseLookup,
): ToolchainPlan {
  const name = fetchedToolchain(facts)
  const off = (why: string, expected?: true): ToolchainPlan => ({
    plan: { wanted: false, why, ...(expected === undefined ? {} : { expected }) },
    name,
  })
  if (name === '') return off('the installed Go builds the modules', true)
  if (!inputs['cache-modules']) return off('input `cache-modules` is false', true)
  const { env } = facts.go
  if (!path.isAbsolute(env.GOMODCACHE ?? '')) return off(noCacheDirectory('GOMODCACHE'))
  const unproven = unprovenReason(inputs, facts, lookup)
  if (unproven !== undefined) return off(`the toolchain could not be verified: ${unproven}`)
  const parts: readonly KeyPart[] = [
    ...leadingParts('toolchain', ''),
    { name: 'go', value: keyText(buildGoVersion(facts)), of: 'effective Go version' },
    { name: 'system', value: keyText(env.GOHOSTOS ?? ''), of: 'operating system' },
    { name: 'architecture', value: keyText(env.GOHOSTARCH ?? ''), of: 'architecture' },
  ]
  const why = `${env.GOVERSION} is installed, and ${buildGoVersion(facts)} is requested`
  return { plan: { wanted: true, key: makeKey(parts, parts.length), why }, name }
}

/**
 * Explains why the go command would, or might, run a toolchain without querying the checksum database; undefined when
 * it queries it.
 *
 * Go normally queries it even when GOSUMDB is off or GONOSUMDB matches (cmd/go/internal/modfetch/sumdb.go, useSumDB).
 * The two settings count only when GOPROXY is one folder, or GIT_HTTP_USER_AGENT names the Go project's own proxy. An
 * offline job has GONOSUMDB=*. Here each condition alone is enough, because later steps may add the other.
 */
function unprovenReason(
  { bundle }: Pick<Inputs, 'bundle'>,
  { roots, go }: Pick<KeyFacts, 'roots' | 'go'>,
  { settings, offlineSource }: DatabaseLookup,
): string | undefined {
  const isFolder = (goproxy: string) => {
    const sources = goproxy.split(/[,|]/).map((one) => one.trim())
    const counting = sources.filter((one) => one !== '' && one !== 'off')
    return counting.length === 1 && /^file:/i.test(counting[0] ?? '')
  }
  const excluding = ['GONOSUMDB', 'GOPRIVATE', 'GONOSUMCHECK', 'GOINSECURE'].find((name) =>
    matchesModulePatterns(trimmedPatterns(settings(name)), toolchainModule),
  )
  if (bundle !== '') return 'with `bundle`, Go may use a toolchain from a folder'
  if ([go.env.GOPROXY ?? '', settings('GOPROXY'), offlineSource].some(isFolder))
    return 'GOPROXY is one folder'
  if (settings('GOSUMDB').trim() === 'off') return 'GOSUMDB is off'
  if (excluding !== undefined) return `${excluding} is "${settings(excluding)}"`
  // Go has no such variable. A user who sets it without a pattern means every module.
  if (/^[^.,/]+$/.test(settings('GONOSUMCHECK'))) return `GONOSUMCHECK is "${settings('GONOSUMCHECK')}"`
  if (settings('GIT_HTTP_USER_AGENT').includes('golang.org'))
    return 'GIT_HTTP_USER_AGENT names the module proxy of Go'
  // Some Go versions trust that line instead of the database (CVE-2026-94447).
  const isInSums = roots
    .flatMap(sumsOf)
    .some(({ trees, goMods }) => [...trees, ...goMods].some((module) => module.path === toolchainModule))
  return isInSums ? `go.sum names ${toolchainModule}` : undefined
}

/** Trims each pattern. Go treats a blank next to a comma as part of the pattern, which its author did not intend. */
function trimmedPatterns(patterns: string): string {
  return patterns
    .split(',')
    .map((one) => one.trim())
    .join(',')
}
