import * as path from 'node:path'
import { type Problem, UserError } from '../errors.ts'
import { GoCommandError, type OfflineGo, runGo } from '../gocmd/go-command.ts'
import { fetchedToolchain } from '../gocmd/go-env.ts'
import { type EnvChange, variableLines } from '../gocmd/plan-env.ts'
import { splitModuleVersion, treeDirectory } from '../gofiles/module-path.ts'
import { hasDependencies, type Root } from '../gofiles/roots.ts'
import { readInputs } from '../inputs/inputs.ts'
import type { Planned } from '../phases/report.ts'
import type { ReadyJob } from '../phases/set-up.ts'
import type { Timeline } from '../platform/clock.ts'
import { processEnv } from '../platform/environment.ts'
import { snapshotFiles } from '../platform/file-snapshot.ts'
import { isDirectory, makePrivateDirectory, writeFile } from '../platform/files.ts'
import * as runner from '../platform/runner.ts'
import { logGroup } from '../platform/runner.ts'
import { temporaryFolder } from '../platform/temp-dirs.ts'
import { checkBuilds, detectNetworkIsolation } from './build.ts'
import {
  environmentFile,
  planOffline,
  planOfflineToolchain,
  toolchainVariables,
  withoutDatabaseBypass,
} from './plan.ts'
import {
  allPackagePatterns,
  type Proof,
  type ProofContext,
  patternsInRoot,
  proveNothingMissing,
} from './prove.ts'

/**
 * Proves that builds and tests of all roots have all modules they need.
 *
 * @returns false when roots need modules, but none of them has anything to build
 * @throws UserError with everything that builds would miss; GoCommandError when the go command fails to start
 */
async function proveAll(roots: readonly Root[], go: OfflineGo, place: ProofContext): Promise<boolean> {
  const needing = roots.filter(needsModules)
  const missing: Problem[] = []
  const empty: Root[] = []
  for (const root of needing) {
    const proof = await provenUnchanged(root, () => proveNothingMissing(root, go, place))
    missing.push(...proof.problems)
    if (isEmpty(root, allPackagePatterns(root), proof)) empty.push(root)
  }
  if (missing.length > 0) throw new UserError(missing)
  for (const root of empty) runner.info(nothingToProve(root))
  return empty.length === 0 || empty.length < needing.length
}

/**
 * Builds and vets packages of all roots without a network.
 *
 * @param patterns patterns of the packages
 * @returns whether there was anything to build
 * @throws UserError with everything that builds would miss; GoCommandError when a build fails for another reason
 */
async function checkAll(
  patterns: readonly string[],
  roots: readonly Root[],
  go: OfflineGo,
  place: ProofContext,
): Promise<boolean> {
  const [first] = roots
  const how = await detectNetworkIsolation(first?.directory ?? '.')
  if ('why' in how) {
    runner.notice(
      `\`offline-check\` builds with the variables of \`offline\` alone, and not in a network namespace: ${how.why}.`,
    )
  }
  const sealed = { ...go, prefix: 'why' in how ? [] : how.prefix }
  // Not all packages of a workspace are below the folder of its go.work.
  const isAll = patterns.join() === './...'
  const missing: Problem[] = []
  const unmatched = new Set(isAll ? [] : patterns)
  const empty: Root[] = []
  for (const root of roots) {
    const inRoot = isAll ? allPackagePatterns(root) : patternsInRoot(root, patterns)
    if (inRoot.length === 0) continue
    const proof = await checkBuilds(root, inRoot, sealed, place)
    missing.push(...proof.problems)
    for (const one of inRoot.filter((one) => !proof.unmatched.includes(one))) unmatched.delete(one)
    if (isEmpty(root, inRoot, proof)) empty.push(root)
  }
  missing.push(...[...unmatched].map(matchesNothing))
  if (missing.length > 0) throw new UserError(missing)
  if (isAll) for (const root of empty) runner.info(nothingToProve(root))
  if (empty.length === roots.length) return false
  const where = 'why' in how ? '' : ', in a network namespace without a network'
  runner.info(`Everything builds offline (input \`offline-check\`)${where}`)
  return true
}

function matchesNothing(pattern: string): Problem {
  return {
    what: `Input \`offline-check\` names "${pattern}", and no package matches it on this system and with these build tags`,
    allowed: '',
    fix: 'Correct the pattern, take it out, or set the build tags in `goflags`, as in `goflags: -tags=NAME`.',
  }
}

/** Whether a root had nothing to check: neither packages nor tools. */
function isEmpty({ modules }: Root, patterns: readonly string[], { unmatched }: Proof): boolean {
  return unmatched.length === patterns.length && modules.every(({ goMod }) => goMod.tool.length === 0)
}

function nothingToProve({ label }: Root): string {
  const where = label === '.' ? 'here' : `in ${label}`
  return `There is no package to build ${where} on this system and with these build tags, so there is nothing to prove`
}

/**
 * Runs a proof, and reports checksum files that it changes. In a workspace Go loads modules that no checksum file
 * names, and adds their unverified hashes to go.work.sum (cmd/go/internal/modload/import.go, mustHaveSums).
 */
async function provenUnchanged(root: Root, prove: () => Promise<Proof>): Promise<Proof> {
  const remembered = snapshotFiles(root.files)
  try {
    const proof = await prove()
    const changed = remembered.changed().map((file) => path.basename(file))
    if (changed.length === 0) return proof
    return { ...proof, problems: [...proof.problems, incompleteSums(root, changed)] }
  } finally {
    remembered.putBack()
  }
}

function incompleteSums({ label }: Root, files: readonly string[]): Problem {
  return {
    what: `${files.join(' and ')} in ${label} does not name every module that builds or tests take, so nothing could tell what they would take`,
    allowed: '',
    fix: 'Run `go mod download` there with a network, and commit what it adds.',
  }
}

/** Whether a root has dependencies or tools. A root without either needs no modules. */
function needsModules(root: Root): boolean {
  return hasDependencies(root) || root.modules.some(({ goMod }) => goMod.tool.length > 0)
}

/** The Go of an offline job: the variables that are exported for it, and how this step runs it. */
interface Seal {
  readonly variables: readonly EnvChange[]
  readonly go: OfflineGo
}

/** What the rest of the job received. */
export interface OfflineOutcome {
  readonly variables: readonly EnvChange[]
  readonly text: string
}

/**
 * Cuts the rest of the job off from the network for modules, after the proof that nothing is missing. Builds without a
 * network if requested.
 *
 * @returns the variables for later steps, and the result as a sentence part
 * @throws UserError with everything that builds would miss; GoCommandError when the go command fails to start
 */
export async function goOffline(
  prepared: ReadyJob,
  planned: Planned,
  timeline: Timeline,
): Promise<OfflineOutcome> {
  const { offline } = prepared
  const { facts } = planned
  const found = await sealedGo(prepared, planned)
  const place = {
    gomodcache: facts.go.env.GOMODCACHE ?? '',
    source: offline.source,
    canFetch: offline.fetches,
  }
  const isSealed = offline.mode !== 'false'
  const isProven =
    isSealed &&
    (await timeline.time('prove that nothing is missing', () => proveAll(facts.roots, found.go, place)))
  const isBuilt =
    offline.check.length > 0 &&
    (await timeline.time('build without a network', () =>
      checkAll(offline.check, facts.roots, found.go, place),
    ))
  handOver(found, isSealed)
  if (isSealed) {
    const what = isProven ? 'builds and tests lack nothing' : nothingToBuild
    return { variables: found.variables, text: `${what}, and later steps fetch no module` }
  }
  const what = isBuilt ? 'everything builds without a network' : nothingToBuild
  return { variables: [], text: `${what}; later steps may use it` }
}

const nothingToBuild = 'there is no package to build here'

/** Takes a job offline that has nothing to build. */
export function goOfflineWithoutModules({ offline }: Pick<ReadyJob, 'offline'>): void {
  const why = 'there is no other Go to fetch'
  const toolchain = toolchainVariables({ gotoolchain: 'local', onPath: false, why })
  const go = { bin: undefined, variables: {}, prefix: [] }
  handOver({ variables: [...offline.variables, ...toolchain], go }, offline.mode !== 'false')
}

/**
 * Takes the steps offline that run although this one has failed. Go may still ask the checksum database, because go.sum
 * may not name all modules.
 *
 * @param prepared undefined when the step failed before anything was planned
 */
export function goOfflineAfterFailure(prepared: Pick<ReadyJob, 'offline'> | undefined): void {
  const { variables: sealed } =
    prepared?.offline ?? planOffline(readInputs(processEnv()).inputs, () => '', undefined, undefined)
  for (const { name, value } of withoutDatabaseBypass(sealed)) runner.exportVariable(name, value)
}

/**
 * Finds the Go that builds here, which may have to be fetched first, and the variables that keep it off the network.
 */
async function sealedGo(
  { bundle, offline, settings, inputs }: ReadyJob,
  { facts, plan }: Planned,
): Promise<Seal> {
  const name = fetchedToolchain(facts)
  const [first] = facts.roots
  if (name !== '' && first !== undefined) {
    // Go compares a toolchain with the checksum database each time it switches to it. It is named here, because each
    // root may ask for another one, and the newest builds all.
    const environment = { GOTOOLCHAIN: plan.goVersion }
    const ran = await runGo(['version'], {
      cwd: first.directory,
      environment,
      retries: inputs.retries,
    })
    if (ran.code !== 0) throw new GoCommandError(`${plan.goVersion} cannot be had`, first, ran.stderr)
  }
  const root =
    name === '' ? '' : path.join(facts.go.env.GOMODCACHE ?? '', treeDirectory(splitModuleVersion(name)))
  const toolchain = planOfflineToolchain(
    {
      version: plan.goVersion,
      local: facts.go.env.GOVERSION ?? '',
      setting: facts.go.toolchainSetting,
      module: name,
      isInCache: root !== '' && isDirectory(path.join(root, 'bin')),
    },
    bundle,
  )
  // A Go obeys GOROOT even when it belongs to another Go.
  const goroot: readonly EnvChange[] =
    toolchain.onPath && settings('GOROOT') !== ''
      ? [{ name: 'GOROOT', value: root, shown: root, why: 'it was set to another Go' }]
      : []
  const variables = [...offline.variables, ...toolchainVariables(toolchain), ...goroot]
  return {
    variables,
    go: {
      bin: toolchain.onPath ? path.join(root, 'bin') : undefined,
      variables: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      prefix: [],
    },
  }
}

/** Exports the variables to later steps, and writes them to a file for containers. */
function handOver({ variables, go }: Seal, isSealed: boolean): void {
  if (isSealed) {
    logGroup({ heading: 'Offline: later steps fetch no module', lines: variableLines(variables) })
    for (const { name, value } of variables) runner.exportVariable(name, value)
    if (go.bin !== undefined) runner.addPath(go.bin)
  }
  const file = path.join(
    makePrivateDirectory(path.join(temporaryFolder(), 'go-deps-offline-')),
    'offline.env',
  )
  // Paths of this machine are not valid in a container.
  writeFile(file, environmentFile(variables.filter(({ name }) => name !== 'GOROOT')))
  runner.setOutput('offline-env-file', file)
}
