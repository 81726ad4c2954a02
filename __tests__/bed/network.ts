import { spawnSync } from 'node:child_process'
import { isRoot } from './unprivileged.ts'

/** Starts a command without a network, as `docker --network none`; root may also make mounts that nobody else sees. */
export const withoutNetwork = ['unshare', ...(isRoot ? ['-n', '-m'] : ['-rn']), '--']

/** Whether this system allows that: only Linux can, and some forbid it to everybody but root (Ubuntu, by AppArmor). */
export const mayLeaveNetwork = mayLeave(undefined)

/**
 * Whether a user may leave the network here.
 *
 * @param user who it is; by default whoever runs this
 */
export function mayLeave(user: { readonly uid: number; readonly gid: number } | undefined): boolean {
  const [command = '', ...args] = user === undefined ? withoutNetwork : ['unshare', '-rn', '--']
  return process.platform === 'linux' && spawnSync(command, [...args, 'true'], { ...user }).status === 0
}
