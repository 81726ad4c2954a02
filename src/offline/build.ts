import { GoCommandError, type GoRun, hasOnlyTests } from '../gocmd/index.ts'
import type { Root } from '../gofiles/roots.ts'
import type { Variables } from '../platform/environment.ts'
import { isSuperuser, platform, platform as thisPlatform } from '../platform/machine.ts'
import { run } from '../platform/processes.ts'
import { type OfflineGo, type Proof, type ProofContext, proveNothingMissing, runOffline } from './prove.ts'

/**
 * Loads, builds and vets packages without a network. The output of builds is discarded, so the checkout stays
 * unchanged. Findings of `go vet` do not count, because they do not depend on the network; compile errors do.
 *
 * @param root a module or a workspace
 * @param patterns patterns of its packages
 * @returns the problems, empty when everything builds; and the patterns that match no package
 * @throws GoCommandError when a build fails for another reason
 */
export async function checkBuilds(
  root: Root,
  patterns: readonly string[],
  go: OfflineGo,
  place: ProofContext,
): Promise<Proof> {
  const proof = await proveNothingMissing(root, go, place, patterns)
  // `go vet` fails when there is no package at all.
  const matched = patterns.filter((pattern) => !proof.unmatched.includes(pattern))
  if (proof.problems.length > 0 || matched.length === 0) return proof
  // For this name, Go writes nothing at all (cmd/go/internal/work/build.go, runBuild).
  const discarded = platform() === 'win32' ? 'NUL' : '/dev/null'
  const build = ['build', '-o', discarded]
  const built = await runOffline(go, [...build, ...matched], root.directory)
  if (hasOnlyTests(built.stderr)) {
    for (const pattern of matched) {
      const ran = await runOffline(go, [...build, pattern], root.directory)
      if (!hasOnlyTests(ran.stderr)) mustSucceed(ran, 'go build', [pattern], root)
    }
  } else mustSucceed(built, 'go build', matched, root)
  mustSucceed(await runOffline(go, ['vet', '-json', ...matched], root.directory), 'go vet', matched, root)
  const list = ['list', '-deps', '-test']
  mustSucceed(
    await runOffline(go, [...list, ...matched], root.directory),
    `go ${list.join(' ')}`,
    matched,
    root,
  )
  return proof
}

function mustSucceed(ran: GoRun, command: string, patterns: readonly string[], root: Root): void {
  if (ran.code !== 0) {
    throw new GoCommandError(`\`${command} ${patterns.join(' ')}\` fails without a network`, root, ran)
  }
}

/** How a command is cut off from the network, or why that is not possible. */
type NetworkIsolation = { readonly prefix: readonly string[] } | { readonly why: string }

/**
 * Finds out how to start a command in its own network namespace, where not even a loopback interface is up (unshare(1),
 * network_namespaces(7)). Users other than root need a user namespace for that. Systems may forbid these
 * (user_namespaces(7); Ubuntu restricts them by AppArmor).
 *
 * @param cwd absolute path of the working directory of the attempt
 * @param variables the variables of the command
 * @param system the system, as in `process.platform`
 */
export async function detectNetworkIsolation(
  cwd: string,
  variables: Variables,
  system: string = thisPlatform(),
): Promise<NetworkIsolation> {
  if (system !== 'linux') return { why: 'only Linux has network namespaces' }
  const prefix = ['unshare', isSuperuser() ? '-n' : '-rn', '--']
  const [command = '', ...rest] = prefix
  const ran = await run(command, [...rest, 'true'], { cwd, variables })
  if (ran === undefined) return { why: '`unshare` is not on PATH' }
  if (ran.code === 0) return { prefix }
  const [reason = ''] = ran.stderr.trim().split(/\r?\n/)
  return { why: reason === '' ? `\`unshare\` fails with exit code ${ran.code}` : reason }
}
