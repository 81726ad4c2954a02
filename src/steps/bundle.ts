import type { Checkout } from '../facts/checkout.ts'
import type { Go } from '../facts/go.ts'
import { lookAtGoproxy } from '../facts/goproxy.ts'
import { lookAtSettings } from '../facts/settings.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { BadInput, type Problem } from '../inputs/problem.ts'
import { moduleVersionName } from '../modules/module-version.ts'
import { goproxyLogins } from '../modules/settings/goproxy.ts'
import { matchesModulePatterns } from '../modules/settings/match-patterns.ts'
import { loginForms } from '../modules/settings/secret-forms.ts'
import type { OpenedBundle } from '../offline/bundle/open.ts'
import { openBundle } from '../offline/bundle/open.ts'
import type { UnpackedBundle } from '../offline/bundle/unpack.ts'
import { installBundle, serveBundle } from '../offline/bundle/use.ts'
import { type BundleFit, fitOf, someOf } from '../plan/bundle.ts'
import { type BundleSource, bundleVariables } from '../plan/bundle-source.ts'
import type { PlannedVariable } from '../plan/environment.ts'
import { gapLines, openedText, takenText } from '../report/bundle.ts'
import { elapsed } from '../system/clock.ts'
import { environment } from '../system/environment.ts'
import { removeIfPossible } from '../system/files.ts'
import * as runner from '../system/runner.ts'
import { makeOwnFolder } from './own-folder.ts'

/** A bundle from which the modules of this job come. */
export interface TakenBundle {
  /** What it is to GOPROXY; undefined where its modules go into GOMODCACHE, or nothing is done. */
  readonly source: BundleSource | undefined
  /** `path@version` of the modules in it. */
  readonly names: readonly string[]
  /**
   * What is left to do once the Go is there; answers the variables that lead to the bundle.
   *
   * @param isOnly whether it is the only source of modules, and what keeps the job off the network says so already
   */
  readonly finish: (go: Go, isOnly: boolean) => Promise<readonly PlannedVariable[]>
}

/**
 * Opens the bundle of an input, and unpacks it as a GOPROXY if that is what is asked for. Nobody is told of it yet, and
 * nothing of the job is changed.
 *
 * @throws BadInput when it is none, lacks what the checkout needs, or holds something else than it says
 */
export async function takeBundle(
  inputs: Inputs,
  { workspace, roots }: Pick<Checkout, 'workspace' | 'roots'>,
): Promise<TakenBundle> {
  const seconds = elapsed()
  const bundle = await openBundle(inputs.bundle, 'bundle', workspace, inputs['bundle-sha256'])
  const fit = fitOf(bundle.content, roots, bundle.vouched === 'input')
  const problems = fitProblems(bundle, fit)
  bundle.confirmed.then(
    (sha256) => tellOpened({ ...bundle, sha256 }, fit),
    () => {},
  )
  if (problems.length > 0) {
    await bundle.confirmed
    runner.group('What the bundle lacks', gapLines(fit))
    throw new BadInput(problems)
  }
  if (inputs['dry-run']) {
    await bundle.confirmed
    return { source: undefined, names: [], finish: async () => [] }
  }
  const names = bundle.content.modules.map(moduleVersionName)
  const told = (unpacked: UnpackedBundle) =>
    runner.info(takenText(inputs['bundle-into'], unpacked, seconds()))
  if (inputs['bundle-into'] === 'module-cache') {
    return {
      source: undefined,
      names,
      finish: async (go) => {
        told(await installBundle(bundle, roots, go.env.GOMODCACHE ?? ''))
        return []
      },
    }
  }
  const folder = makeOwnFolder('bundle')
  try {
    const { source, unpacked } = await serveBundle(bundle, roots, folder)
    told(unpacked)
    return {
      source,
      names,
      finish: async (_, isOnly) => {
        if (isOnly) return []
        const [first] = roots
        const before = await lookAtGoproxy(first?.directory ?? workspace)
        // What was this machine's or this step's alone is shown among the variables of later steps from now on.
        for (const secret of goproxyLogins(before).flatMap(loginForms)) runner.mask(secret)
        warnOfBypass(bundle)
        return bundleVariables(source, before)
      },
    }
  } catch (error) {
    removeIfPossible(folder)
    throw error
  }
}

function tellOpened(opened: Parameters<typeof openedText>[0], { gaps, extra }: BundleFit): void {
  runner.info(openedText(opened, extra.length))
  if (gaps.length === 0 && extra.length > 0)
    runner.info(`In the bundle and not in go.sum here, so left out: ${someOf(extra)}`)
}

/** Modules that GONOPROXY matches are asked for at their origin, before any GOPROXY (cmd/go/internal/modfetch/proxy.go). */
function warnOfBypass({ content }: OpenedBundle): void {
  const settings = lookAtSettings(environment())
  const patterns = settings('GONOPROXY') || settings('GOPRIVATE')
  const names = content.modules
    .filter(({ path }) => matchesModulePatterns(patterns, path))
    .map(moduleVersionName)
  if (names.length === 0) return
  runner.warning(
    `GONOPROXY or GOPRIVATE keeps the go command from taking these from the bundle, so it asks their origin: ${someOf(names)}. Use \`bundle-into: module-cache\`, or set GONOPROXY to none for this job.`,
  )
}

/** Says of a bundle that it is not enough. */
export function fitProblems({ input, given }: OpenedBundle, { gaps, extra }: BundleFit): readonly Problem[] {
  if (gaps.length === 0) return []
  const named = (wrong: boolean) => [
    ...new Set(gaps.filter(({ found }) => (found !== '') === wrong).map(({ name }) => name)),
  ]
  const [missing, other] = [named(false), named(true)]
  const parts = [
    ...(missing.length === 0 ? [] : [`missing: ${someOf(missing)}`]),
    ...(other.length === 0 ? [] : [`with another hash than in go.sum: ${someOf(other)}`]),
    ...(extra.length === 0 ? [] : [`extra: ${someOf(extra)}`]),
  ]
  return [
    {
      what: `Input \`${input}\` is ${JSON.stringify(given)}, which was made for another go.sum: ${parts.join('; ')}`,
      allowed: '',
      mend: 'Make it anew with `bundle-output`, from the commit that is checked out here.',
    },
  ]
}
