import * as path from 'node:path'
import { rememberFiles } from '../dependencies/remembered-files.ts'
import { BadInput, type Problem } from '../inputs/problem.ts'
import { hasDependencies, type Root } from '../modules/roots.ts'
import { checkBuilds } from '../offline/check-builds.ts'
import { withoutNetwork } from '../offline/network-namespace.ts'
import { packagesOf, patternsIn } from '../offline/patterns.ts'
import { findLacking, type Proof, type ProofPlace } from '../offline/prove.ts'
import type { SealedGo } from '../offline/sealed-go.ts'
import * as runner from '../system/runner.ts'

/**
 * Proves that builds and tests of all roots lack nothing.
 *
 * @returns whether there was anything to build, or nothing that could lack something
 * @throws BadInput with everything that builds would miss; GoFailed when the go command cannot even begin
 */
export async function proveAll(roots: readonly Root[], go: SealedGo, place: ProofPlace): Promise<boolean> {
  const needing = roots.filter(needsModules)
  const lacking: Problem[] = []
  const empty: Root[] = []
  for (const root of needing) {
    const proof = await provenUnchanged(root, () => findLacking(root, go, place))
    lacking.push(...proof.problems)
    if (isEmpty(root, packagesOf(root), proof)) empty.push(root)
  }
  if (lacking.length > 0) throw new BadInput(lacking)
  for (const root of empty) runner.info(nothingToProve(root))
  return empty.length === 0 || empty.length < needing.length
}

/**
 * Builds and vets packages of all roots without a network.
 *
 * @param patterns what of them
 * @returns whether there was anything to build
 * @throws BadInput with everything that builds would miss; GoFailed when something cannot be built for another reason
 */
export async function checkAll(
  patterns: readonly string[],
  roots: readonly Root[],
  go: SealedGo,
  place: ProofPlace,
): Promise<boolean> {
  const [first] = roots
  const how = await withoutNetwork(first?.directory ?? '.')
  if ('why' in how) {
    runner.notice(
      `\`offline-check\` builds with the variables of \`offline\` alone, and not in a network namespace: ${how.why}.`,
    )
  }
  const sealed = { ...go, prefix: 'why' in how ? [] : how.prefix }
  // All packages of a workspace are not below the folder of its go.work.
  const isAll = patterns.join() === './...'
  const lacking: Problem[] = []
  const unmatched = new Set(isAll ? [] : patterns)
  const empty: Root[] = []
  for (const root of roots) {
    const inRoot = isAll ? packagesOf(root) : patternsIn(root, patterns)
    if (inRoot.length === 0) continue
    const proof = await checkBuilds(root, inRoot, sealed, place)
    lacking.push(...proof.problems)
    for (const one of inRoot.filter((one) => !proof.unmatched.includes(one))) unmatched.delete(one)
    if (isEmpty(root, inRoot, proof)) empty.push(root)
  }
  lacking.push(...[...unmatched].map(matchesNothing))
  if (lacking.length > 0) throw new BadInput(lacking)
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
    mend: 'Correct the pattern, take it out, or set the build tags in `goflags`, as in `goflags: -tags=NAME`.',
  }
}

/** Whether nothing of a root was looked at: neither packages nor tools. */
function isEmpty({ modules }: Root, patterns: readonly string[], { unmatched }: Proof): boolean {
  return unmatched.length === patterns.length && modules.every(({ goMod }) => goMod.tool.length === 0)
}

function nothingToProve({ label }: Root): string {
  const where = label === '.' ? 'here' : `in ${label}`
  return `There is no package to build ${where} on this system and with these build tags, so there is nothing to prove`
}

/**
 * In a workspace Go loads what no checksum file names, and adds it to go.work.sum as it finds it: nobody has vouched for
 * that (cmd/go/internal/modload/import.go, mustHaveSums).
 */
async function provenUnchanged(root: Root, prove: () => Promise<Proof>): Promise<Proof> {
  const remembered = rememberFiles(root.files)
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
    mend: 'Run `go mod download` there with a network, and commit what it adds.',
  }
}

/** A root without either takes nothing from anywhere. */
function needsModules(root: Root): boolean {
  return hasDependencies(root) || root.modules.some(({ goMod }) => goMod.tool.length > 0)
}
