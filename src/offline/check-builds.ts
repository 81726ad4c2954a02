import { GoFailed } from '../go/failure.ts'
import type { Problem } from '../inputs/problem.ts'
import type { Root } from '../modules/roots.ts'
import { platform } from '../system/environment.ts'
import { findLacking, type ProofPlace } from './prove.ts'
import { runSealed, type SealedGo } from './sealed-go.ts'

/**
 * Loads, builds and vets packages without a network. Nothing is written into the checkout: what is built is thrown away.
 * What `go vet` complains of is no matter of the network, and does not count; what it cannot compile does.
 *
 * @param root a module or a workspace
 * @param patterns what of it
 * @returns what is lacking; none where all of it builds
 * @throws GoFailed when something cannot be built for another reason
 */
export async function checkBuilds(
  root: Root,
  patterns: readonly string[],
  go: SealedGo,
  place: ProofPlace,
): Promise<readonly Problem[]> {
  const lacking = await findLacking(root, go, place, patterns)
  if (lacking.length > 0) return lacking
  // Go writes nothing at all for this name (cmd/go/internal/work/build.go, runBuild).
  const nowhere = platform() === 'win32' ? 'NUL' : '/dev/null'
  for (const args of [
    ['build', '-o', nowhere],
    ['vet', '-json'],
    ['list', '-deps', '-test'],
  ]) {
    const ran = await runSealed(go, [...args, ...patterns], root.directory)
    const shown = `go ${args.filter((arg) => arg !== '-o' && arg !== nowhere && arg !== '-json').join(' ')}`
    if (ran.code !== 0) {
      throw new GoFailed(`\`${shown} ${patterns.join(' ')}\` fails without a network`, root, ran.stderr)
    }
  }
  return []
}
