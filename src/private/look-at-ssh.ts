import * as path from 'node:path'
import { readRewrites, serverUrl } from '../modules/settings/address-rewrites.ts'
import type { SshKey } from '../modules/settings/ssh-keys.ts'
import { environment } from '../system/environment.ts'
import { isFile } from '../system/files.ts'
import type { Ran } from '../system/run.ts'
import { gitOutside } from '../system/run-git.ts'
import type { SshAround } from './place-ssh.ts'
import { keyOptions, quoted, type UsualSsh, withOptions } from './ssh-texts.ts'

/** What keeps git from using ssh keys. */
export type SshObstacle =
  | { readonly kind: 'no-git' }
  /** There is no such program, or the one that the user names does not start. */
  | { readonly kind: 'no-ssh' }
  /** It does not answer as OpenSSH does. */
  | { readonly kind: 'other-ssh' }
  /** It checks no host keys, whatever it is told. */
  | { readonly kind: 'lax-ssh' }

/** Where the command for ssh comes from. */
export type SshSource = 'GIT_SSH_COMMAND' | 'core.sshCommand' | 'GIT_SSH' | ''

/**
 * Looks at how git uses ssh on this machine.
 *
 * @param keys the keys that are to be used
 * @param places `folder`: absolute path of where git is asked; `home`: of the user's home
 */
export async function lookAtSsh(
  keys: readonly SshKey[],
  { folder, home }: { readonly folder: string; readonly home: string },
): Promise<SshAround | (SshObstacle & { readonly source: SshSource })> {
  const git = (...args: readonly string[]) => gitOutside(folder, args)
  const [command, rules] = await Promise.all([
    git('config', '--get', 'core.sshCommand'),
    git('config', '--null', '--get-regexp', String.raw`^url\..*\.insteadof$`),
  ])
  const { source, usual } = usualSsh(command?.stdout.trim() ?? '')
  if (command === undefined || rules === undefined) return { kind: 'no-git', source }
  // By an alias, because git has a shell on every system (git-config(1), alias).
  const ask = (line: string, { server: { user, host, port } }: SshKey) =>
    git(
      '-c',
      `alias.ask-ssh=!f() { ${line} "$@"; }; f`,
      'ask-ssh',
      '-G',
      ...(port ? ['-p', port] : []),
      `${user}@${host}`,
    )
  const servers = new Map(keys.map((key) => [serverUrl({ ...key.server, path: '' }), key]))
  const asked = [...servers].map(async ([url, key]) => [url, await ask(usual.command, key)] as const)
  const answers = new Map(await Promise.all(asked))
  for (const answer of answers.values()) {
    const kind = obstacleOf(answer)
    if (kind !== undefined) return { kind, source }
  }
  const [first] = keys
  if (source !== '' && first !== undefined) {
    const strict = `key=none hosts=none; ${withOptions(usual.command, keyOptions)}`
    const answer = await ask(strict, first)
    if (!/^stricthostkeychecking (?:yes|true)\r?$/m.test(answer?.stdout ?? ''))
      return { kind: 'lax-ssh', source }
  }
  return {
    usual,
    rewrites: readRewrites(rules.stdout),
    knownHosts: keys.map(({ server }) =>
      knownHostsOf(answers.get(serverUrl({ ...server, path: '' }))?.stdout ?? '', home),
    ),
  }
}

/**
 * How git starts ssh (git(1), GIT_SSH_COMMAND and GIT_SSH). Where nothing is set it is what older versions of the go command
 * set themselves (cmd/go/internal/modload/init.go of Go 1.21).
 */
function usualSsh(configured: string): { readonly source: SshSource; readonly usual: UsualSsh } {
  const { GIT_SSH_COMMAND = '', GIT_SSH = '' } = environment()
  if (GIT_SSH_COMMAND !== '') {
    return { source: 'GIT_SSH_COMMAND', usual: { command: GIT_SSH_COMMAND, yieldsToRepository: false } }
  }
  if (configured !== '') {
    return { source: 'core.sshCommand', usual: { command: configured, yieldsToRepository: true } }
  }
  if (GIT_SSH !== '') {
    return { source: 'GIT_SSH', usual: { command: quoted(GIT_SSH), yieldsToRepository: true } }
  }
  const command = 'ssh -o ControlMaster=no -o BatchMode=yes'
  return { source: '', usual: { command, yieldsToRepository: true } }
}

function obstacleOf(answer: Ran | undefined): SshObstacle['kind'] | undefined {
  if (answer === undefined) return 'no-git'
  // The shell's own codes for a program that is not there, or cannot be started (POSIX, "Exit Status for Commands").
  if (answer.code === 127 || answer.code === 126) return 'no-ssh'
  return answer.code === 0 && /^userknownhostsfile /m.test(answer.stdout) ? undefined : 'other-ssh'
}

/** The files that it says, and the one below HOME: ssh itself asks the system where the home is, and a container's is another. */
function knownHostsOf(answer: string, home: string): readonly string[] {
  const [, named = ''] = /^userknownhostsfile (.*)$/m.exec(answer) ?? []
  const own = path.join(home, '.ssh', 'known_hosts')
  const files = [...named.trim().split(/\s+/), ...(home !== '' && isFile(own) ? [own] : [])]
  return [...new Set(files)].filter((file) => file !== '' && file !== 'none')
}
