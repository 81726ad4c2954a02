import { isSuperuser, platform as thisPlatform } from '../system/environment.ts'
import { run } from '../system/run.ts'

/** How a command loses its network, or why it cannot. */
export type NoNetwork = { readonly prefix: readonly string[] } | { readonly why: string }

/**
 * Finds out how to start a command in a network namespace of its own, in which there is no network, not even a loopback
 * that is up (unshare(1), network_namespaces(7)). Everybody but root needs a user namespace for that, which systems may
 * forbid (user_namespaces(7); Ubuntu restricts them by AppArmor).
 *
 * @param cwd where to try it
 * @param system the system, in the words of Node
 */
export async function withoutNetwork(cwd: string, system: string = thisPlatform()): Promise<NoNetwork> {
  if (system !== 'linux') return { why: 'only Linux has network namespaces' }
  const prefix = ['unshare', isSuperuser() ? '-n' : '-rn', '--']
  const [command = '', ...rest] = prefix
  const ran = await run(command, [...rest, 'true'], { cwd })
  if (ran === undefined) return { why: 'there is no `unshare` on PATH' }
  if (ran.code === 0) return { prefix }
  const [reason = ''] = ran.stderr.trim().split(/\r?\n/)
  return { why: reason === '' ? `\`unshare\` fails with exit code ${ran.code}` : reason }
}
