import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { runProcess } from './process.ts'

/** A pair of keys. */
export interface SshKey {
  /** Absolute path of the private key. */
  readonly file: string
  readonly privateKey: string
  /** The line of the public key's file, without its comment and its end. */
  readonly publicKey: string
}

/**
 * Makes a pair of keys by ssh-keygen.
 *
 * @param folder where its two files are put
 * @param name of the private key's file; must not exist
 * @param args further arguments, such as `-t rsa -m PEM`; by default an Ed25519 key in OpenSSH's format
 * @throws Error when ssh-keygen fails
 */
export async function makeSshKey(
  folder: string,
  name: string,
  args: readonly string[] = ['-t', 'ed25519'],
  passphrase = '',
): Promise<SshKey> {
  const file = path.join(folder, name)
  const { exitCode, stderr } = await runProcess({
    command: 'ssh-keygen',
    args: ['-q', '-N', passphrase, '-C', name, '-f', file, ...args],
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, SYSTEMROOT: process.env.SYSTEMROOT ?? '' },
  })
  if (exitCode !== 0) throw new Error(`ssh-keygen failed: ${stderr}`)
  const [type = '', data = ''] = readFileSync(`${file}.pub`, 'utf8').split(' ')
  const privateKey = readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
  return { file, privateKey, publicKey: `${type} ${data.trim()}` }
}
