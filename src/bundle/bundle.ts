import * as path from 'node:path'
import type { Checkout } from '../checkout/index.ts'
import { type Problem, UserError } from '../errors.ts'
import {
  type BundleSource,
  buildGoVersion,
  bundleVariables,
  type DetectedGo,
  detectGoproxy,
  type EnvChange,
  type GoEnv,
} from '../gocmd/index.ts'
import { moduleVersionName } from '../gofiles/module-path.ts'
import { goproxyLogins } from '../gosettings/goproxy.ts'
import { matchesModulePatterns } from '../gosettings/module-patterns.ts'
import { noProxyPatterns } from '../gosettings/private-modules.ts'
import { loginForms } from '../gosettings/secret-forms.ts'
import { currentPlatform, type Inputs } from '../inputs/index.ts'
import type { Job } from '../job.ts'
import type { Cleanup } from '../platform/cleanup.ts'
import { elapsed } from '../platform/clock.ts'
import * as runner from '../platform/runner.ts'
import { listSome } from '../text/lists.ts'
import { type BundleReport, toolchainPath } from './content.ts'
import { createBundle } from './create.ts'
import { bundleGapLines, bundleOpenedText, bundleUsedText, bundleWrittenText } from './describe.ts'
import { addBundleToModuleCache, serveBundle, type UnpackedBundle } from './install.ts'
import { type OpenedBundle, openBundle } from './open.ts'
import { type BundleFit, compareWithCheckout } from './select.ts'

/** A bundle that provides the modules of this job. */
interface UsedBundle {
  /** Its entry in GOPROXY; undefined when its modules go into GOMODCACHE, or in a dry run. */
  readonly source: BundleSource | undefined
  /** `path@version` of the modules in it. */
  readonly names: readonly string[]
  /**
   * Finishes the setup once Go is available; returns the variables that point to the bundle.
   *
   * @param env the environment of Go
   * @param isOnly whether the bundle is the only source of modules, so that the offline plan sets these variables
   *   already
   */
  readonly finish: (go: DetectedGo, env: GoEnv, isOnly: boolean) => Promise<readonly EnvChange[]>
}

/**
 * Opens the bundle of an input, and unpacks it as a GOPROXY if requested. The job's environment stays unchanged.
 *
 * @param cleanup registers the folder to unpack it in
 * @throws UserError when the file is not a bundle, modules are missing, or the content does not match its description
 */
export async function useBundle(
  inputs: Inputs,
  { workspace, roots }: Pick<Checkout, 'workspace' | 'roots'>,
  cleanup: Cleanup,
): Promise<UsedBundle> {
  const seconds = elapsed()
  const bundle = await openBundle(inputs.bundle, 'bundle', workspace, inputs['bundle-sha256'])
  const fit = compareWithCheckout(bundle.content, roots, bundle.verifiedBy === 'input')
  const problems = fitProblems(bundle, fit)
  bundle.confirmed.then(
    (sha256) => logOpened({ ...bundle, sha256 }, fit),
    () => {},
  )
  if (problems.length > 0) {
    await bundle.confirmed
    runner.group('Missing from the bundle', bundleGapLines(fit))
    throw new UserError(problems)
  }
  if (inputs['dry-run']) {
    await bundle.confirmed
    return { source: undefined, names: [], finish: async () => [] }
  }
  const names = bundle.content.modules.map(moduleVersionName)
  const logUsed = (unpacked: UnpackedBundle) =>
    runner.info(bundleUsedText(inputs['bundle-into'], unpacked, seconds()))
  if (inputs['bundle-into'] === 'module-cache') {
    return {
      source: undefined,
      names,
      finish: async (go) => {
        logUsed(await addBundleToModuleCache(bundle, roots, go.env.GOMODCACHE ?? ''))
        return []
      },
    }
  }
  const { source, unpacked } = await serveBundle(bundle, roots, cleanup.makeDir('bundle'))
  logUsed(unpacked)
  return {
    source,
    names,
    finish: async (_, env, isOnly) => {
      if (isOnly) return []
      const [first] = roots
      const before = await detectGoproxy(first?.directory ?? workspace, env)
      // From now on, the runner shows these values in the environment of later steps.
      for (const secret of goproxyLogins(before).flatMap(loginForms)) runner.mask(secret)
      warnOfBypass(bundle, env)
      return bundleVariables(source, before)
    },
  }
}

function logOpened(opened: Parameters<typeof bundleOpenedText>[0], { gaps, extra }: BundleFit): void {
  runner.info(bundleOpenedText(opened, extra.length))
  if (gaps.length === 0 && extra.length > 0)
    runner.info(`Skipped modules of the bundle that go.sum does not name: ${listSome(extra)}`)
}

/**
 * Warns of modules that bypass the bundle. Go requests modules that GONOPROXY matches from their origin, before any
 * GOPROXY (cmd/go/internal/modfetch/proxy.go).
 */
function warnOfBypass({ content }: OpenedBundle, { setting }: GoEnv): void {
  const patterns = noProxyPatterns(setting)
  const names = content.modules
    .filter(({ path }) => matchesModulePatterns(patterns, path))
    .map(moduleVersionName)
  if (names.length === 0) return
  runner.warning(
    `GONOPROXY or GOPRIVATE makes the go command request these modules from their origin instead of the bundle: ${listSome(names)}. Set \`bundle-into: module-cache\`, or set GONOPROXY to \`none\` for this job.`,
  )
}

/** Returns the problem of a bundle that does not have all modules of the checkout; empty when it does. */
export function fitProblems({ input, given }: OpenedBundle, { gaps, extra }: BundleFit): readonly Problem[] {
  if (gaps.length === 0) return []
  const named = (wrong: boolean) => [
    ...new Set(gaps.filter(({ found }) => (found !== '') === wrong).map(({ name }) => name)),
  ]
  const [missing, different] = [named(false), named(true)]
  const parts = [
    ...(missing.length === 0 ? [] : [`missing: ${listSome(missing)}`]),
    ...(different.length === 0 ? [] : [`with a different hash than in go.sum: ${listSome(different)}`]),
    ...(extra.length === 0 ? [] : [`extra: ${listSome(extra)}`]),
  ]
  return [
    {
      what: `Input \`${input}\` is ${JSON.stringify(given)}, which was made for another go.sum: ${parts.join('; ')}`,
      allowed: '',
      fix: 'Create it again with `bundle-output`, from the commit that is checked out here.',
    },
  ]
}

/**
 * Makes the bundle of `bundle-output`.
 *
 * @param folder absolute path of this job's own folder
 * @throws GoCommandError when a file cannot be fetched
 * @throws BundleMismatch when a file differs from its recorded hash
 */
export async function makeBundle(job: Job, folder: string): Promise<BundleReport> {
  const { inputs, roots, go, env, workspace } = job
  const bundle = await createBundle({
    roots,
    scope: inputs['bundle-scope'],
    gomodcache: go.env.GOMODCACHE ?? '',
    folder,
    env,
    goflags: go.env.GOFLAGS ?? '',
    retries: inputs.retries,
    unchecked: job.uncheckedModules,
    target: path.resolve(workspace, inputs['bundle-output']),
    withSumdb: inputs['bundle-sumdb'],
    toolchains: toolchainNames(job),
    goproxy: await detectGoproxy(roots[0]?.directory ?? workspace, env),
  })
  runner.info(bundleWrittenText(bundle))
  return bundle
}

function toolchainNames({ inputs, roots, go }: Job): readonly string[] {
  const { GOHOSTOS = '', GOHOSTARCH = '' } = go.env
  const version = buildGoVersion({ roots, go })
  return [
    ...new Set(
      inputs['bundle-toolchain'].map((platform) => {
        const name = platform === currentPlatform ? `${GOHOSTOS}-${GOHOSTARCH}` : platform.replace('/', '-')
        return `${toolchainPath}@v0.0.1-${version}.${name}`
      }),
    ),
  ].sort()
}
