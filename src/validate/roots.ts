import * as path from 'node:path'
import type { Checkout } from '../checkout/index.ts'
import { isUnverifiable, planDependencies } from '../dependencies/index.ts'
import type { Problem } from '../errors.ts'
import { buildGoVersion, type DetectedGo, fetchedToolchain, type GoEnv } from '../gocmd/index.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { hasDependencies, type Root, type SkippedRoot, skipRoot, sumsOf } from '../gofiles/roots.ts'
import { goFlagValue } from '../gosettings/goflags.ts'
import type { Inputs } from '../inputs/index.ts'
import { isDirectory, lstat } from '../platform/files.ts'
import { whyToolchainUnavailable } from '../setup-go/index.ts'
import { buildProblems } from './go-version.ts'
import { checkReplaceLines } from './replacements.ts'

/**
 * Checks the `replace` lines of the roots for which this action fetches dependencies. It skips vendored roots without
 * `check-vendor`, which are complete, and roots for which it fetches nothing.
 *
 * @param workspace absolute path of the checkout
 */
function checkReplacements(
  inputs: Pick<Inputs, 'dependencies' | 'check-vendor'>,
  roots: readonly Root[],
  workspace: string,
): ReturnType<typeof checkReplaceLines> {
  const found = planDependencies(inputs, roots)
    .filter(({ action }) => action !== 'nothing' && (action !== 'check' || inputs['check-vendor']))
    .map(({ root }) => checkReplaceLines(root, workspace))
  return {
    problems: found.flatMap(({ problems }) => problems),
    outside: found.flatMap(({ outside }) => outside),
  }
}

type RootInputs = Pick<Inputs, 'dependencies' | 'offline' | 'bundle-output' | 'check-tidy'>

/** The usable roots, and the problems of roots that an input names. */
interface UsableRoots {
  readonly roots: readonly Root[]
  readonly skipped: readonly SkippedRoot[]
  readonly problems: readonly Problem[]
}

/**
 * Skips roots that a search found and that have a problem. Roots that an input names stay, and their problems fail the
 * job.
 *
 * @param problemsOf returns the problems that keep Go from building a root
 */
export function usableRoots(
  roots: readonly Root[],
  problemsOf: (root: Root) => readonly Problem[],
): UsableRoots {
  const checked = roots.map((root) => ({ root, problems: problemsOf(root) }))
  const isSkipped = ({ root, problems }: (typeof checked)[number]) =>
    root.found !== undefined && problems.length > 0
  return {
    roots: checked.filter((one) => !isSkipped(one)).map(({ root }) => root),
    skipped: checked
      .filter(isSkipped)
      .map(({ root, problems }) => skipRoot(root, problems.map(({ what }) => what).join('; '))),
    problems: checked.filter((one) => !isSkipped(one)).flatMap(({ problems }) => problems),
  }
}

/**
 * Returns the problems in a root's own files that keep Go from doing what the inputs request.
 *
 * @param goflags the effective GOFLAGS
 * @param roots all roots of the checkout
 */
export function rootProblems(
  inputs: RootInputs,
  root: Root,
  goflags: string,
  roots: readonly Root[],
): readonly Problem[] {
  return noSums(inputs, root, goflags, roots)
}

/**
 * Returns the problem of a missing go.sum, without which no download can be verified. It is not a problem by itself,
 * because a later step may write the file. It is one if an input needs go.sum, or if a search found the module and
 * other modules have a go.sum.
 */
function noSums(inputs: RootInputs, root: Root, goflags: string, roots: readonly Root[]): readonly Problem[] {
  if (!isUnverifiable(inputs, root)) return []
  const where = root.label === '.' ? '' : ` in ${root.label}`
  const addsSums = goFlagValue(goflags, 'mod') === 'mod' && inputs.dependencies !== 'vendor'
  const requesting = [
    ...(['download', 'vendor'].includes(inputs.dependencies) && !addsSums
      ? [`\`dependencies: ${inputs.dependencies}\``]
      : []),
    ...(inputs.offline !== 'false' && !addsSums ? [`\`offline: ${inputs.offline}\``] : []),
    ...(inputs['bundle-output'] === '' ? [] : ['`bundle-output`']),
  ]
  const what = `There is no go.sum${where}, though go.mod requires modules`
  const fix = `Run \`go mod tidy\`${where} and commit go.sum.`
  if (requesting.length > 0) {
    return [{ what: `${what}, and ${requesting.join(' and ')} needs it to verify modules`, allowed: '', fix }]
  }
  const isExample = root.found !== undefined && !inputs['check-tidy'] && roots.some(hasSums)
  return isExample ? [{ what, allowed: '', fix }] : []
}

function hasSums(root: Root): boolean {
  return sumsOf(root).some(({ trees, goMods }) => trees.length + goMods.length > 0)
}

/**
 * Returns the problems of a directory `vendor` without modules.txt: Go treats it as its own, and every build fails
 * (cmd/go/internal/modload/init.go, setDefaultBuildMod). Other tools use such directories too.
 *
 * @param roots the roots in which the go command will run
 * @param goflags the effective GOFLAGS
 */
export function strayVendorProblems(roots: readonly Root[], goflags: string): readonly Problem[] {
  // An explicit -mod overrides the default, and the check of GOFLAGS covers `-mod=vendor`.
  if ((goFlagValue(goflags, 'mod') ?? '') !== '') return []
  return roots.flatMap((root) => {
    const vendor = path.join(root.directory, 'vendor')
    const [only] = root.modules
    // cmd/go treats a missing go line as an old version.
    const goLine = only?.goMod.go ?? '1.13'
    const isUsedByGo = root.goWork === undefined && compareGoVersions(goLine, '1.14') >= 0
    if (!isUsedByGo || !hasDependencies(root) || !isDirectory(vendor)) return []
    if (lstat(path.join(vendor, 'modules.txt')) !== undefined) return []
    const shownPath = path.posix.join(root.label, 'vendor')
    return [
      {
        what: `The directory ${shownPath} has no modules.txt: Go treats it as its vendor directory and finds no dependency in it, so every build there fails`,
        allowed: '',
        fix: 'Run `go mod vendor` and commit the directory, set `dependencies: vendor`, or set `goflags: -mod=readonly` if it belongs to another tool.',
      },
    ]
  })
}

/** The roots of the checkout, validated by their files. */
interface ValidatedRoots extends UsableRoots {
  /** Sentences about `replace` lines whose directory is outside of the checkout, one each. */
  readonly outside: readonly string[]
}

/**
 * Validates roots by their files, before Go is known.
 *
 * @param checkout a checkout whose files parse
 * @param goflags the effective GOFLAGS
 */
export function validateRoots(
  inputs: Inputs,
  { roots, workspace }: Pick<Checkout, 'roots' | 'workspace'>,
  goflags: string,
): ValidatedRoots {
  const replaced = new Map(roots.map((root) => [root, checkReplacements(inputs, [root], workspace)]))
  const usable = usableRoots(roots, (root) => [
    ...rootProblems(inputs, root, goflags, roots),
    ...(['none', 'vendor'].includes(inputs.dependencies) ? [] : strayVendorProblems([root], goflags)),
    ...(replaced.get(root)?.problems ?? []),
  ])
  return { ...usable, outside: usable.roots.flatMap((root) => replaced.get(root)?.outside ?? []) }
}

/**
 * Skips roots that a search found and that this Go cannot build, so that they affect neither a key nor the fetched Go.
 *
 * @param go the go command on PATH
 * @param env its environment
 */
export async function withBuildableRoots(
  checkout: Checkout,
  inputs: Inputs,
  go: DetectedGo,
  env: GoEnv,
): Promise<Checkout> {
  const usable = usableRoots(checkout.roots, (root) =>
    root.found === undefined ? [] : buildProblems(root, { inputs, go }),
  )
  const named = buildGoVersion({ roots: usable.roots.filter(({ found }) => found === undefined), go })
  const faults = new Map<Root, string>()
  for (const root of usable.roots) {
    const name = fetchedToolchain({ roots: [root], go })
    // A dry run sends no request, and a root that an input names must be buildable anyway.
    if (root.found === undefined || name === '' || inputs['dry-run']) continue
    const version = buildGoVersion({ roots: [root], go })
    if (version === named) continue
    const fault = await whyToolchainUnavailable(name, version, go.env.GOMODCACHE ?? '', {
      env,
      retries: inputs.retries,
    })
    if (fault !== undefined) faults.set(root, fault)
  }
  return {
    ...checkout,
    roots: usable.roots.filter((root) => !faults.has(root)),
    skipped: [
      ...checkout.skipped,
      ...usable.skipped,
      ...Array.from(faults, ([root, fault]) => skipRoot(root, fault)),
    ],
  }
}
