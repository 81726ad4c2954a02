import * as path from 'node:path'
import {
  configureCertificates,
  configureCredentials,
  configureSsh,
  maskGoDefaults,
  noticeMissingSecrets,
} from '../auth/index.ts'
import { useBundle } from '../bundle/index.ts'
import { moveCacheDirectories, privatePatternsToShare, privatePatternsVariable } from '../cache/index.ts'
import type { Checkout } from '../checkout/index.ts'
import { UserError } from '../errors.ts'
import {
  type DetectedGo,
  detectChecksumDatabase,
  detectGo,
  type EnvChange,
  type GoEnv,
  goNotFound,
  valuesOf,
} from '../gocmd/index.ts'
import { sumsOf } from '../gofiles/roots.ts'
import { mergePatterns } from '../gosettings/module-patterns.ts'
import { privatePatterns } from '../gosettings/private-modules.ts'
import type { Inputs } from '../inputs/index.ts'
import type { PreparedJob } from '../job.ts'
import { planOffline } from '../offline/index.ts'
import type { Cleanup } from '../platform/cleanup.ts'
import type { Timeline } from '../platform/clock.ts'
import type { Variables } from '../platform/environment.ts'
import { isWithin } from '../platform/files.ts'
import * as runner from '../platform/runner.ts'
import { type GoSetup, type RequestedGo, setUpGo } from '../setup-go/index.ts'
import {
  downloadBase,
  environmentWarnings,
  sshWarnings,
  type ValidatedJob,
  validateJob,
  withBuildableRoots,
} from '../validate/index.ts'

/**
 * Sets up the requested environment and Go, for this step only. `exportToLaterSteps` exports them.
 *
 * @param variables the variables of this process
 * @param cleanup registers every folder with secrets, and the one for a Go
 * @throws UserError with all problems at once, before it changes anything
 */
export async function setUpJob(
  variables: Variables,
  cleanup: Cleanup,
  timeline: Timeline,
): Promise<PreparedJob> {
  const { inputs, event, checkout, userEnv, inputEnv, ...validated } = await validateJob(variables)
  const { workspace } = checkout
  const used =
    inputs.bundle === ''
      ? undefined
      : await timeline.time('bundle', () => useBundle(inputs, checkout, cleanup))
  const bundle = used?.source
  const database =
    inputs.offline === 'false'
      ? undefined
      : await detectChecksumDatabase(workspace, inputEnv.setting('GOSUMDB'), userEnv)
  const offline = planOffline(inputs, inputEnv.setting, bundle, database)
  const offlineEnv = inputEnv.with(valuesOf(offline.forThisStep))
  const { fileVariables, env: configured } = await setUpSecrets(inputs, validated, offlineEnv, cleanup)
  const provided =
    validated.requestedGo === undefined
      ? undefined
      : await provideGo(validated.requestedGo, inputs, configured, cleanup, timeline)
  // The other variables are set already, and credentials may have extended GOAUTH since.
  const goroot = gorootChange(provided, userEnv.setting('GOROOT'))
  const withGo = configured.with(valuesOf(goroot))
  const chosen = provided === undefined || provided.bin === '' ? withGo : withGo.withPath(provided.bin)
  const found = await detectChosenGo(checkout, provided, chosen)
  if (found !== undefined) maskGoDefaults(found)
  const warnings = [
    ...environmentWarnings(userEnv.setting, found?.env.GOVERSION ?? '', checkout.roots.flatMap(sumsOf)),
    ...sshWarnings(inputs['ssh-private-key'].keys, chosen.setting),
  ]
  const changes = [...validated.changes, ...goroot]
  const common = { inputs, event, inputEnv, fileVariables, provided, warnings, bundle, offline }
  const bundled = used?.names ?? []
  if (found === undefined) return { ...common, bundled, checkout, env: chosen, changes, go: undefined }
  const moved = moveCacheDirectories(inputs, found, userEnv)
  const placed = chosen.with(valuesOf(moved.changes))
  const served = used === undefined ? [] : await used.finish(moved.go, placed, offline.mode !== 'false')
  const env = placed.with(valuesOf(served))
  return {
    ...{ ...common, bundled, env, changes: [...changes, ...moved.changes, ...served], go: moved.go },
    // This comes last, because a bundle may hold the Go that a module requires.
    checkout: await withBuildableRoots(checkout, inputs, moved.go, env),
  }
}

/** Configures certificates, credentials and ssh keys, each on top of the others; a dry run gets none. */
async function setUpSecrets(
  inputs: Inputs,
  { authorities, ssh }: Pick<ValidatedJob, 'authorities' | 'ssh'>,
  env: GoEnv,
  cleanup: Cleanup,
): Promise<Pick<PreparedJob, 'env' | 'fileVariables'>> {
  if (inputs['dry-run']) return { env, fileVariables: {} }
  const certificates = await configureCertificates(authorities, env, cleanup)
  noticeMissingSecrets(inputs)
  const trusting = env.with(certificates)
  const credentials = configureCredentials(inputs, trusting, cleanup)
  const withCredentials = trusting.with(credentials)
  const keys = configureSsh(inputs, ssh, withCredentials, cleanup)
  const areExported = inputs['export-credentials']
  return {
    env: withCredentials.with(keys),
    fileVariables: { ...certificates, ...(areExported ? { ...credentials, ...keys } : {}) },
  }
}

/**
 * Passes the variables and folders of PATH to the later steps of the job, once the plan has no problems. It does so
 * before the restore, because a restore may fill the disk.
 */
export function exportToLaterSteps(job: PreparedJob, later: runner.LaterSteps, cleanup: Cleanup): void {
  const { inputs, event, env, changes, go, provided, fileVariables } = job
  if (go !== undefined) runner.addProblemMatcher()
  later.set(valuesOf(changes))
  for (const folder of pathsOf(provided, go)) later.addPath(folder)
  later.set(fileVariables)
  if (inputs['export-credentials'])
    for (const kind of ['credentials', 'ssh'] as const) cleanup.keepForPost(kind)
  const shared = privatePatternsToShare(inputs, event, privatePatterns(env.setting))
  const name = privatePatternsVariable
  if (shared !== '') later.set({ [name]: mergePatterns(env.variable(name), shared) })
  later.write()
}

/** Plans GOROOT for the provided Go: Go uses even a GOROOT of another Go (cmd/go/internal/cfg/cfg.go, SetGOROOT). */
function gorootChange(provided: GoSetup | undefined, existing: string): readonly EnvChange[] {
  if (provided === undefined || provided.root === '' || existing === '') return []
  const why = `it was set to ${existing}, and this is the requested Go`
  return [{ name: 'GOROOT', value: provided.root, shown: provided.root, why }]
}

/** Finds or installs the requested Go. */
async function provideGo(
  requested: RequestedGo,
  inputs: Inputs,
  env: GoEnv,
  cleanup: Cleanup,
  timeline: Timeline,
): Promise<GoSetup> {
  const folder = cleanup.makeDir('work')
  const provided = await timeline.time('Go', () =>
    setUpGo(requested, {
      env,
      checkLatest: inputs['check-latest'],
      downloadBase: downloadBase(inputs, env),
      retries: inputs.retries,
      dryRun: inputs['dry-run'],
      folder,
    }),
  )
  // It could not be installed elsewhere, and later steps run it there.
  if (provided.root !== '' && isWithin(folder, provided.root)) cleanup.keepForPost('work')
  return provided
}

/** Detects the provided Go, or the one on PATH if there is a module to build. */
async function detectChosenGo(
  checkout: Checkout,
  provided: GoSetup | undefined,
  env: GoEnv,
): Promise<DetectedGo | undefined> {
  const [first] = checkout.roots
  if (first === undefined && provided === undefined) return undefined
  const isPlanOnly = provided?.bin === ''
  const go = await detectGo(first?.directory ?? checkout.workspace, env)
  if (!('what' in go)) {
    // A dry run installs nothing: it uses the environment of another Go with the version of the requested one.
    return isPlanOnly ? { ...go, env: { ...go.env, GOVERSION: `go${provided.version}` } } : go
  }
  if (isPlanOnly && go === goNotFound) return undefined
  throw new UserError([go])
}

/** Returns the folders for PATH: of the Go, and of commands from `go install`, as actions/setup-go adds them. */
function pathsOf(provided: GoSetup | undefined, go: DetectedGo | undefined): readonly string[] {
  const gopath = (go?.env.GOPATH ?? '').split(path.delimiter)[0] ?? ''
  const bin = provided === undefined ? [] : [provided.bin]
  return [...bin, ...(/^$|[\r\n]/.test(gopath) ? [] : [path.join(gopath, 'bin')])]
}
