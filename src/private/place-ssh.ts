import * as path from 'node:path'
import { type Rewrite, sshRewrites } from '../modules/settings/address-rewrites.ts'
import type { SshKey } from '../modules/settings/ssh-keys.ts'
import { writePrivateFile } from '../system/files.ts'
import { gitSetting } from './git-setting.ts'
import { rewriteConfig, sshCommand, sshScript, type UsualSsh } from './ssh-texts.ts'

/** Variables that lead git to ssh keys: they hold paths, never secrets. */
export type SshVariables = Readonly<Record<string, string>>

/** What is there already, for git and for ssh. */
export interface SshAround {
  readonly usual: UsualSsh
  readonly rewrites: readonly Rewrite[]
  /** Absolute paths of files with host keys that ssh reads for each key, in the order of the keys. */
  readonly knownHosts: readonly (readonly string[])[]
}

/**
 * Writes keys into a private folder, with what leads git to them.
 *
 * @param keys what opens which addresses
 * @param knownHosts lines with host keys
 * @param kept what is not to be fetched by ssh, although it is below such an address
 * @param folder absolute path of an empty folder that nobody else may read
 * @returns variables to set, merged with what is set already
 */
export function placeSsh(
  keys: readonly SshKey[],
  {
    knownHosts,
    kept,
    around,
    folder,
  }: {
    readonly knownHosts: readonly string[]
    readonly kept: readonly { readonly host: string; readonly path: string }[]
    readonly around: SshAround
    readonly folder: string
  },
): SshVariables {
  const at = (name: string) => path.join(folder, name)
  writePrivateFile(at('known_hosts'), knownHosts.map((line) => `${line}\n`).join(''))
  const placed = keys.map((key, index) => ({
    ...key,
    file: at(`key-${index}`),
    knownHosts: [at('known_hosts'), ...(around.knownHosts[index] ?? [])],
  }))
  for (const { file, key } of placed) writePrivateFile(file, key)
  writePrivateFile(at('gitconfig'), rewriteConfig(sshRewrites(keys, kept, around.rewrites)))
  writePrivateFile(at('ssh'), sshScript(placed, around.usual))
  return { ...gitSetting('include.path', at('gitconfig')), GIT_SSH_COMMAND: sshCommand(at('ssh')) }
}
