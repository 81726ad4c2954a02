import { GoFailed } from '../go/failure.ts'
import type { Root } from '../modules/roots.ts'
import { platform } from '../system/environment.ts'
import { findLacking, type Proof, type ProofPlace } from './prove.ts'
import { runSealed, type SealedGo } from './sealed-go.ts'

/** A command that needs other packages than tests: Go refuses it where a directory has nothing but tests. */
const onlyTests = /: no non-test Go files in /

/**
 * Loads, builds and vets packages without a network. Nothing is written into the checkout: what is built is thrown away.
 * What `go vet` complains of is no matter of the network, and does not count; what it cannot compile does.
 *
 * @param root a module or a workspace
 * @param patterns what of it
 * @returns what is lacking, none where all of it builds; and the patterns that match nothing that could be built
 * @throws GoFailed when something cannot be built for another reason
 */
export async function checkBuilds(
  root: Root,
  patterns: readonly string[],
  go: SealedGo,
  place: ProofPlace,
): Promise<Proof> {
  const proof = await findLacking(root, go, place, patterns)
  // `go vet` fails where there is no package at all.
  const matched = patterns.filter((pattern) => !proof.unmatched.includes(pattern))
  if (proof.problems.length > 0 || matched.length === 0) return proof
  // Go writes nothing at all for this name (cmd/go/internal/work/build.go, runBuild).
  const nowhere = platform() === 'win32' ? 'NUL' : '/dev/null'
  const build = ['build', '-o', nowhere]
  const built = await runSealed(go, [...build, ...matched], root.directory)
  if (onlyTests.test(built.stderr)) {
    for (const pattern of matched) {
      const ran = await runSealed(go, [...build, pattern], root.directory)
      if (!onlyTests.test(ran.stderr)) mustSucceed(ran, 'go build', [pattern], root)
    }
  } else mustSucceed(built, 'go build', matched, root)
  mustSucceed(await runSealed(go, ['vet', '-json', ...matched], root.directory), 'go vet', matched, root)
  const list = ['list', '-deps', '-test']
  mustSucceed(
    await runSealed(go, [...list, ...matched], root.directory),
    `go ${list.join(' ')}`,
    matched,
    root,
  )
  return proof
}

function mustSucceed(
  ran: Awaited<ReturnType<typeof runSealed>>,
  command: string,
  patterns: readonly string[],
  root: Root,
): void {
  if (ran.code !== 0) {
    throw new GoFailed(`\`${command} ${patterns.join(' ')}\` fails without a network`, root, ran.stderr)
  }
}
