import type { Checkout } from '../facts/checkout.ts'
import type { Go } from '../facts/go.ts'
import { vendorProblems } from '../facts/vendor-directory.ts'
import { toolchainFault } from '../go/toolchain-fault.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { leftOut } from '../modules/left-out.ts'
import type { Root } from '../modules/roots.ts'
import { goVersion } from '../plan/caches.ts'
import { buildProblems } from '../plan/go-requirements.ts'
import { fetchedToolchain } from '../plan/toolchain.ts'
import { rootProblems, type UsableRoots, usableRoots } from '../plan/usable-roots.ts'
import { checkReplacements } from './replacements.ts'

/** What the files of the checkout tell of its roots. */
export interface JudgedRoots extends UsableRoots {
  /** `replace` lines that lead out of the checkout, one sentence each. */
  readonly outside: readonly string[]
}

/**
 * Judges roots by their files, before there is a Go.
 *
 * @param checkout files that parse
 * @param goflags GOFLAGS as it will be
 */
export function judgeRoots(
  inputs: Inputs,
  { roots, workspace }: Pick<Checkout, 'roots' | 'workspace'>,
  goflags: string,
): JudgedRoots {
  const replaced = new Map(roots.map((root) => [root, checkReplacements(inputs, [root], workspace)]))
  const usable = usableRoots(roots, (root) => [
    ...rootProblems(inputs, root, goflags, roots),
    ...(['none', 'vendor'].includes(inputs.dependencies) ? [] : vendorProblems([root], goflags)),
    ...(replaced.get(root)?.problems ?? []),
  ])
  return { ...usable, outside: usable.roots.flatMap((root) => replaced.get(root)?.outside ?? []) }
}

/**
 * Leaves out what was only found and this Go cannot build, so that it decides nothing: no key, and not which Go is fetched.
 *
 * @param go the go command on PATH
 */
export async function withBuildableRoots(checkout: Checkout, inputs: Inputs, go: Go): Promise<Checkout> {
  const usable = usableRoots(checkout.roots, (root) =>
    root.found === undefined ? [] : buildProblems(root, { inputs, go }),
  )
  const named = goVersion({ roots: usable.roots.filter(({ found }) => found === undefined), go })
  const faults = new Map<Root, string>()
  for (const root of usable.roots) {
    const name = fetchedToolchain({ roots: [root], go })
    // A dry run asks nobody, and what must be there anyway is not asked about.
    if (root.found === undefined || name === '' || inputs['dry-run']) continue
    const version = goVersion({ roots: [root], go })
    if (version === named) continue
    const fault = await toolchainFault(name, version, go.env.GOMODCACHE ?? '', inputs.retries)
    if (fault !== undefined) faults.set(root, fault)
  }
  return {
    ...checkout,
    roots: usable.roots.filter((root) => !faults.has(root)),
    leftOut: [
      ...checkout.leftOut,
      ...usable.leftOut,
      ...Array.from(faults, ([root, fault]) => leftOut(root, fault)),
    ],
  }
}
