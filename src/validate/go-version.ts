import * as path from 'node:path'
import { credentialRequirements } from '../auth/index.ts'
import { planDependencies } from '../dependencies/index.ts'
import type { Problem } from '../errors.ts'
import { buildGoVersion } from '../gocmd/index.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { hasDependencies, type Root } from '../gofiles/roots.ts'
import { goFlagValue } from '../gosettings/goflags.ts'
import type { Job } from '../job.ts'
import { platform } from '../platform/machine.ts'
import { firstWithWorkVendor, goflagsProblemsOf } from './goflags.ts'

/** Whether Go has a module cache: without one it cannot fetch modules. */
export function hasModuleCache({ env }: Pick<Job['go'], 'env'>): boolean {
  return !isUnusable(env, 'GOMODCACHE')
}

/** Whether a directory variable is known to be unusable. One that the go command does not report counts as usable. */
function isUnusable(env: Job['go']['env'], name: string): boolean {
  return env[name] !== undefined && !path.isAbsolute(env[name])
}

/**
 * The variables that hold the caches by default: os.UserHomeDir for modules, os.UserCacheDir for builds.
 */
const homeVariables = { GOMODCACHE: 'USERPROFILE', GOCACHE: 'LocalAppData' }

/**
 * Returns the problems of a job whose HOME is empty, relative, no directory or not writable: Go keeps its caches there
 * by default. If an input requires the module cache, it is a problem; otherwise the job continues with a warning.
 *
 * @param system the system, as in `process.platform`
 */
export function homeProblems(
  { inputs, roots, go }: Pick<Job, 'inputs' | 'roots' | 'go'>,
  system: string = platform(),
): {
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
} {
  const missing = (['GOMODCACHE', 'GOCACHE'] as const).filter((name) => isUnusable(go.env, name))
  if (missing.length === 0 || !roots.some(hasDependencies)) return { problems: [], warnings: [] }
  const homes = system === 'win32' ? missing.map((name) => homeVariables[name]).join(' or ') : 'HOME'
  const what = `Go has no directory for ${missing.join(' and ')}, because ${homes} is not set to a writable directory`
  const fix = `Set ${homes.replace(' or ', ' and ')} to a writable directory, or set GOMODCACHE and GOCACHE.`
  const hasNoModuleCache = !hasModuleCache(go)
  const requesting = Object.entries({
    dependencies: ['download', 'vendor'].includes(inputs.dependencies),
    offline: inputs.offline !== 'false',
    'offline-check': inputs['offline-check'].length > 0,
    'bundle-output': inputs['bundle-output'] !== '',
    'check-tidy': inputs['check-tidy'],
    'check-vendor': inputs['check-vendor'],
  }).flatMap(([name, isRequested]) => (isRequested ? [`\`${name}\``] : []))
  if (hasNoModuleCache && requesting.length > 0) {
    return {
      problems: [{ what: `${what}, and ${requesting.join(', ')} needs it`, allowed: '', fix }],
      warnings: [],
    }
  }
  if (!hasNoModuleCache && !inputs.cache) return { problems: [], warnings: [] }
  const consequence = hasNoModuleCache
    ? 'The caches are off, and no module is downloaded'
    : 'The build cache is off'
  return { problems: [], warnings: [`${what}. ${consequence}. ${fix}`] }
}

/** The requirements that this Go cannot meet. */
interface GoRequirements {
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
}

/** The first Go with a feature. */
const since = { toolchains: '1.21', workVendor: firstWithWorkVendor, goauth: '1.24' }

/**
 * Compares the requirements of files and inputs with the Go that will run and its settings, so that no work
 * starts that must fail. It skips roots for which this action runs no go command.
 *
 * @param facts the inputs, the modules and the Go on PATH
 */
export function planGoRequirements(facts: Pick<Job, 'inputs' | 'roots' | 'go'>): GoRequirements {
  const version = buildGoVersion(facts)
  const { roots, inputs, go } = facts
  const goflags = go.env.GOFLAGS ?? ''
  const plans = planDependencies(inputs, roots, hasModuleCache(go))
  const home = homeProblems(facts)
  const active = plans
    .filter(({ action, lacksSums }) => action !== 'nothing' || lacksSums)
    .map(({ root }) => root)
  const [only] = roots
  const built = roots.length === 1 && only !== undefined ? [only] : active
  const vendored = plans.filter(({ action }) => action === 'vendor').map(({ root }) => root)
  const credentials = credentialRequirements(inputs.credentials.credentials, version, go.env.GOPROXY ?? '')
  return {
    problems: [
      ...credentials.problems,
      ...home.problems,
      ...(active.length > 0 && go.env.GO111MODULE === 'off' ? [modulesOff] : []),
      ...goflagsProblemsOf(
        { goflags, roots: roots.filter((root) => !vendored.includes(root)) },
        { version, env: go.env },
      ),
      ...built.flatMap((root) => tooNew(root, version, go.toolchainSetting)),
      ...(compareGoVersions(version, since.workVendor) < 0
        ? vendored.filter(({ goWork }) => goWork !== undefined).map((root) => noWorkVendor(root, version))
        : []),
      ...(goFlagValue(goflags, 'mod') === 'vendor'
        ? active.filter((root) => !vendored.includes(root)).flatMap(notVendored)
        : []),
    ],
    warnings: [
      ...credentials.warnings,
      ...home.warnings,
      ...(inputs.goauth !== '' && compareGoVersions(version, since.goauth) < 0
        ? [
            `Input \`goauth\` has no effect: ${version} does not support GOAUTH. Use Go ${since.goauth} or newer.`,
          ]
        : []),
    ],
  }
}

/** Returns the problems that keep this Go from building a root, independent of the inputs. */
export function buildProblems(root: Root, { inputs, go }: Pick<Job, 'inputs' | 'go'>): readonly Problem[] {
  const isVendoredHere = inputs.dependencies === 'vendor'
  return [
    ...tooNew(root, buildGoVersion({ roots: [root], go }), go.toolchainSetting),
    ...(goFlagValue(go.env.GOFLAGS ?? '', 'mod') === 'vendor' && !isVendoredHere ? notVendored(root) : []),
  ]
}

const modulesOff: Problem = {
  what: 'GO111MODULE is "off", so the go command ignores modules',
  allowed: '`on`, `auto` or unset',
  fix: 'Unset the variable, or set `dependencies: none`.',
}

/** Predicts `go.mod requires go >= 1.25.0 (running go 1.24.4; …)`; before Go 1.21 the go line was only a hint. */
function tooNew(root: Root, version: string, toolchainSetting: string): readonly Problem[] {
  if (compareGoVersions(version, since.toolchains) < 0) return []
  const files = [
    ...(root.goWork === undefined
      ? []
      : [{ file: path.posix.join(root.label, 'go.work'), go: root.goWork.go, line: undefined }]),
    ...root.modules.map(({ directory, goModFile, goMod, goLine }) => ({
      file: path.posix.join(
        root.label,
        path.relative(root.directory, directory).replaceAll(path.sep, '/'),
        path.basename(goModFile),
      ),
      go: goMod.go,
      line: goLine,
    })),
  ]
  return files.flatMap(({ file, go, line }) =>
    go === undefined || compareGoVersions(go, version) <= 0
      ? []
      : [
          {
            what: `${file} requires Go ${go} or newer, but this job uses ${version} (GOTOOLCHAIN=${toolchainSetting})`,
            allowed: '',
            fix: `Set \`go-version\` to ${go} or newer, or \`gotoolchain: auto\` to let the go command fetch it.`,
            file,
            ...(line === undefined ? {} : { line }),
          },
        ],
  )
}

function noWorkVendor(root: Root, version: string): Problem {
  return {
    what: `\`dependencies: vendor\` needs \`go work vendor\` for the workspace in ${root.label}, but ${version} does not have it`,
    allowed: '',
    fix: `Use Go ${since.workVendor} or newer, or set GOWORK=off for this job to vendor each module separately.`,
  }
}

/** Returns the problem of -mod=vendor without vendor directory, for example if an earlier step exported the flag. */
function notVendored(root: Root): readonly Problem[] {
  if (root.vendored || !hasDependencies(root)) return []
  return [
    {
      what: `GOFLAGS holds -mod=vendor, but ${root.label} has no vendor directory, so every build there fails`,
      allowed: '',
      fix: 'Set `dependencies: vendor` for this module too, or set GOFLAGS without the flag for this step and the builds.',
    },
  ]
}
