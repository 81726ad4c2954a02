import * as path from 'node:path'
import { type Problem, UserError } from '../errors.ts'
import {
  type EnvChange,
  fetchedToolchain,
  GoCommandError,
  runGo,
  valuesOf,
  variableLines,
} from '../gocmd/index.ts'
import { splitModuleVersion, treeDirectory } from '../gofiles/module-path.ts'
import { hasDependencies, type Root } from '../gofiles/roots.ts'
import { readInputs } from '../inputs/index.ts'
import type { Job, PreparedJob } from '../job.ts'
import type { Timeline } from '../platform/clock.ts'
import type { Variables } from '../platform/environment.ts'
import { snapshotFiles } from '../platform/file-snapshot.ts'
import { isDirectory, makePrivateDirectory, writeFile } from '../platform/files.ts'
import * as runner from '../platform/runner.ts'
import { logGroup } from '../platform/runner.ts'
import { temporaryFolder } from '../platform/temp-dirs.ts'
import { checkBuilds, detectNetworkIsolation } from './build.ts'
import {
  environmentFile,
  type OfflinePlan,
  planOffline,
  planOfflineToolchain,
  toolchainVariables,
  withoutDatabaseBypass,
} from './plan.ts'
import {
  allPackagePatterns,
  type OfflineGo,
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
  const withDependencies = roots.filter(needsModules)
  const missing: Problem[] = []
  const empty: Root[] = []
  for (const root of withDependencies) {
    const proof = await proveUnchanged(root, () => proveNothingMissing(root, go, place))
    missing.push(...proof.problems)
    if (isEmpty(root, allPackagePatterns(root), proof)) empty.push(root)
  }
  if (missing.length > 0) throw new UserError(missing)
  for (const root of empty) runner.info(nothingToProve(root))
  return empty.length === 0 || empty.length < withDependencies.length
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
  const isolation = await detectNetworkIsolation(first?.directory ?? '.', go.env.variables)
  if ('why' in isolation) {
    runner.notice(
      `\`offline-check\` builds only with the variables of \`offline\`, without a network namespace: ${isolation.why}.`,
    )
  }
  const isolated = { ...go, prefix: 'why' in isolation ? [] : isolation.prefix }
  // Not all packages of a workspace are below the folder of its go.work.
  const isAll = patterns.join() === './...'
  const missing: Problem[] = []
  const unmatched = new Set(isAll ? [] : patterns)
  const empty: Root[] = []
  for (const root of roots) {
    const inRoot = isAll ? allPackagePatterns(root) : patternsInRoot(root, patterns)
    if (inRoot.length === 0) continue
    const proof = await checkBuilds(root, inRoot, isolated, place)
    missing.push(...proof.problems)
    for (const one of inRoot.filter((one) => !proof.unmatched.includes(one))) unmatched.delete(one)
    if (isEmpty(root, inRoot, proof)) empty.push(root)
  }
  missing.push(...[...unmatched].map(matchesNothing))
  if (missing.length > 0) throw new UserError(missing)
  if (isAll) for (const root of empty) runner.info(nothingToProve(root))
  if (empty.length === roots.length) return false
  const where = 'why' in isolation ? '' : ', in a network namespace without a network'
  runner.info(`Everything builds offline (input \`offline-check\`)${where}`)
  return true
}

function matchesNothing(pattern: string): Problem {
  return {
    what: `Input \`offline-check\` names "${pattern}", but no package matches it on this system with these build tags`,
    allowed: '',
    fix: 'Correct the pattern, remove it, or set the build tags in `goflags`, for example `goflags: -tags=NAME`.',
  }
}

/** Whether a root had nothing to check: neither packages nor tools. */
function isEmpty({ modules }: Root, patterns: readonly string[], { unmatched }: Proof): boolean {
  return unmatched.length === patterns.length && modules.every(({ goMod }) => goMod.tool.length === 0)
}

function nothingToProve({ label }: Root): string {
  const where = label === '.' ? 'here' : `in ${label}`
  return `No package to build ${where} on this system with these build tags, so there is nothing to check`
}

/**
 * Runs a proof, and reports checksum files that it changes. In a workspace Go loads modules that no checksum file
 * names, and adds their unverified hashes to go.work.sum (cmd/go/internal/modload/import.go, mustHaveSums).
 */
async function proveUnchanged(root: Root, prove: () => Promise<Proof>): Promise<Proof> {
  const snapshot = snapshotFiles(root.files)
  try {
    const proof = await prove()
    const changed = snapshot.changed().map((file) => path.basename(file))
    if (changed.length === 0) return proof
    return { ...proof, problems: [...proof.problems, incompleteSums(root, changed)] }
  } finally {
    snapshot.restore()
  }
}

function incompleteSums({ label }: Root, files: readonly string[]): Problem {
  return {
    what: `${files.join(' and ')} in ${label} does not list every module that builds or tests use, so Go would use some of them unverified`,
    allowed: '',
    fix: 'Run `go mod download` there with a network, and commit the changed files.',
  }
}

/** Whether a root has dependencies or tools. A root without either needs no modules. */
function needsModules(root: Root): boolean {
  return hasDependencies(root) || root.modules.some(({ goMod }) => goMod.tool.length > 0)
}

/** The go command of an offline job, and the variables that later steps get for it. */
interface OfflineSetup {
  readonly changes: readonly EnvChange[]
  /** Absolute path of a folder to put first on PATH; undefined when the Go on PATH builds here. */
  readonly bin: string | undefined
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
  job: Job,
  timeline: Timeline,
  later: runner.LaterSteps,
): Promise<OfflineOutcome> {
  const { offline, roots } = job
  const setup = await setUpOfflineGo(job)
  const place = {
    gomodcache: job.go.env.GOMODCACHE ?? '',
    source: offline.source,
    canFetch: offline.fetches,
  }
  const isOffline = offline.mode !== 'false'
  const isProven =
    isOffline &&
    (await timeline.time('prove that nothing is missing', () => proveAll(roots, setup.go, place)))
  const isBuilt =
    offline.check.length > 0 &&
    (await timeline.time('build without a network', () => checkAll(offline.check, roots, setup.go, place)))
  passToLaterSteps(setup, isOffline, later)
  if (isOffline) {
    const what = isProven ? 'all modules for builds and tests are present' : nothingToBuild
    return { variables: setup.changes, text: `${what}, and later steps fetch no module` }
  }
  const what = isBuilt ? 'everything builds without a network' : nothingToBuild
  return { variables: [], text: `${what}; later steps may use the network` }
}

const nothingToBuild = 'no package to build'

/** Takes a job without anything to build offline. */
export function goOfflineWithoutModules({ changes, mode }: OfflinePlan, later: runner.LaterSteps): void {
  const why = 'there is no other Go to fetch'
  const toolchain = toolchainVariables({ gotoolchain: 'local', onPath: false, why })
  passToLaterSteps({ changes: [...changes, ...toolchain], bin: undefined }, mode !== 'false', later)
}

/**
 * Takes the steps that run after a failure of this one offline. Go may still query the checksum database, because
 * go.sum may not list all modules.
 */
export function goOfflineAfterFailure({ changes }: OfflinePlan, later: runner.LaterSteps): void {
  later.set(valuesOf(withoutDatabaseBypass(changes)))
}

/**
 * Takes later steps offline after a failure, if an input requests that: they must not get more network access than it
 * allows.
 *
 * @param prepared undefined when the step failed before anything was planned
 * @param variables the variables of this process, with the inputs
 */
export function offlineIfRequested(
  prepared: Pick<PreparedJob, 'inputs' | 'offline'> | undefined,
  variables: Variables,
  later: runner.LaterSteps,
): void {
  const { inputs } = prepared ?? readInputs(variables)
  if (inputs.offline === 'false' || inputs['dry-run']) return
  goOfflineAfterFailure(prepared?.offline ?? planOffline(inputs, () => '', undefined, undefined), later)
}

/**
 * Sets up the Go that builds here, which may have to be fetched first, with the variables that keep it off the network.
 */
async function setUpOfflineGo({
  bundle,
  offline,
  inputEnv,
  env,
  inputs,
  go,
  roots,
  plan,
}: Job): Promise<OfflineSetup> {
  const name = fetchedToolchain({ roots, go })
  const [first] = roots
  if (name !== '' && first !== undefined) {
    // Go compares a toolchain with the checksum database each time it switches to it. It is named here, because each
    // root may require another one, and the newest builds all of them.
    const set = { GOTOOLCHAIN: plan.goVersion }
    const ran = await runGo(['version'], { cwd: first.directory, env, set, retries: inputs.retries })
    if (ran.code !== 0) throw new GoCommandError(`${plan.goVersion} could not be fetched`, first, ran)
  }
  const root = name === '' ? '' : path.join(go.env.GOMODCACHE ?? '', treeDirectory(splitModuleVersion(name)))
  const toolchain = planOfflineToolchain(
    {
      version: plan.goVersion,
      local: go.env.GOVERSION ?? '',
      setting: go.toolchainSetting,
      module: name,
      isInCache: root !== '' && isDirectory(path.join(root, 'bin')),
    },
    bundle,
  )
  // Go uses GOROOT even when it belongs to another Go.
  const goroot: readonly EnvChange[] =
    toolchain.onPath && inputEnv.setting('GOROOT') !== ''
      ? [{ name: 'GOROOT', value: root, shown: root, why: 'it pointed to another Go' }]
      : []
  const changes = [...offline.changes, ...toolchainVariables(toolchain), ...goroot]
  const bin = toolchain.onPath ? path.join(root, 'bin') : undefined
  const offlineEnv = env.with(valuesOf(changes))
  const used = bin === undefined ? offlineEnv : offlineEnv.withPath(bin)
  return { changes, bin, go: { env: used, prefix: [] } }
}

/** Passes the variables to later steps, and writes them to a file for containers. */
function passToLaterSteps(
  { changes, bin }: Pick<OfflineSetup, 'changes' | 'bin'>,
  isOffline: boolean,
  later: runner.LaterSteps,
): void {
  if (isOffline) {
    logGroup({ heading: 'Offline: later steps fetch no module', lines: variableLines(changes) })
    later.set(valuesOf(changes))
    if (bin !== undefined) later.addPath(bin)
  }
  const file = path.join(
    makePrivateDirectory(path.join(temporaryFolder(), 'go-deps-offline-')),
    'offline.env',
  )
  // Paths of this machine are not valid in a container.
  writeFile(file, environmentFile(changes.filter(({ name }) => name !== 'GOROOT')))
  runner.setOutput('offline-env-file', file)
}
