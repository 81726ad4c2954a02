import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { isRoot } from './unprivileged.ts'

/** Starts a command without a network, as `docker --network none`; root may also make mounts that nobody else sees. */
export const withoutNetwork = ['unshare', ...(isRoot ? ['-n', '-m'] : ['-rn']), '--']

/** The same for a command that stays who it is, in the words of a shell. */
export const alsoWithoutNetwork = 'unshare --map-current-user --net'

/** Whether this system allows that: only Linux can, and some forbid it to everybody but root (Ubuntu, by AppArmor). */
export const mayLeaveNetwork = mayLeave(undefined)

/**
 * Whether a user may leave the network here.
 *
 * @param user who it is; by default whoever runs this
 */
export function mayLeave(user: { readonly uid: number; readonly gid: number } | undefined): boolean {
  return runs(user === undefined ? withoutNetwork : ['unshare', '-rn', '--'], user)
}

/** Whether whoever runs this may leave it, and stay who it is. */
export const mayLeaveAsIs = runs(alsoWithoutNetwork.split(' '))

function runs([command = '', ...args]: readonly string[], user: object = {}): boolean {
  return process.platform === 'linux' && spawnSync(command, [...args, 'true'], user).status === 0
}

/**
 * Writes a program that runs another one where there is no network at all.
 *
 * @param folder absolute path of where to put it
 * @param program absolute path of the other one
 */
export function programWithoutNetwork(folder: string, program: string): string {
  mkdirSync(folder, { recursive: true })
  const script = path.join(folder, `${path.basename(program)}-without-network`)
  // Not sh: dash drops variables whose names hold a hyphen, and so most inputs.
  writeFileSync(script, `#!/bin/bash\nexec ${alsoWithoutNetwork} '${program}' "$@"\n`, { mode: 0o755 })
  return script
}
