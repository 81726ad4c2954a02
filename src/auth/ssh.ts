import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { Event } from '../github-context.ts'
import type { GoEnv } from '../gocmd/index.ts'
import type { Inputs, SshKey } from '../inputs/index.ts'
import type { Cleanup } from '../platform/cleanup.ts'
import { gitSetting, type Variables } from '../platform/environment.ts'
import { isFile, writePrivateFile } from '../platform/files.ts'
import { gitOutside } from '../platform/git.ts'
import type { RunResult } from '../platform/processes.ts'
import * as runner from '../platform/runner.ts'
import { homeFolder, temporaryFolder } from '../platform/temp-dirs.ts'
import { lineNumbers } from './missing-secrets.ts'
import {
  type DefaultSsh,
  keyOptions,
  type Rewrite,
  readRewrites,
  rewriteConfig,
  serverUrl,
  shellQuoted,
  sshCommand,
  sshRewrites,
  sshScript,
  withOptions,
} from './ssh-config.ts'

/** A reason why git cannot use ssh keys. */
type SshObstacle =
  | { readonly kind: 'no-git' }
  /** There is no ssh, or the program that the user configured does not start. */
  | { readonly kind: 'no-ssh' }
  /** The program does not answer as OpenSSH does. */
  | { readonly kind: 'other-ssh' }
  /** The program checks no host keys, even with the option to do so. */
  | { readonly kind: 'lax-ssh' }

/** The source of the ssh command; empty for the default. */
type SshSource = 'GIT_SSH_COMMAND' | 'core.sshCommand' | 'GIT_SSH' | ''

/**
 * Detects how git uses ssh on this machine.
 *
 * @param keys the keys of `ssh-private-key`
 * @param places `folder`: absolute path of the folder in which git runs; `home`: absolute path of the user's home
 */
async function detectSsh(
  keys: readonly SshKey[],
  {
    folder,
    home,
    variables,
  }: { readonly folder: string; readonly home: string; readonly variables: Variables },
): Promise<ExistingSsh | (SshObstacle & { readonly source: SshSource })> {
  const git = (...args: readonly string[]) => gitOutside(folder, args, variables)
  const [command, rules] = await Promise.all([
    git('config', '--get', 'core.sshCommand'),
    git('config', '--null', '--get-regexp', String.raw`^url\..*\.insteadof$`),
  ])
  const { source, defaultSsh } = findDefaultSsh(command?.stdout.trim() ?? '', variables)
  if (command === undefined || rules === undefined) return { kind: 'no-git', source }
  // Runs by an alias, because git has a shell on every system (git-config(1), alias).
  const query = (line: string, { server: { user, host, port } }: SshKey) =>
    git(
      '-c',
      `alias.ask-ssh=!f() { ${line} "$@"; }; f`,
      'ask-ssh',
      '-G',
      ...(port ? ['-p', port] : []),
      `${user}@${host}`,
    )
  const servers = new Map(keys.map((key) => [serverUrl({ ...key.server, path: '' }), key]))
  const queries = [...servers].map(async ([url, key]) => [url, await query(defaultSsh.command, key)] as const)
  const answers = new Map(await Promise.all(queries))
  for (const answer of answers.values()) {
    const kind = obstacleOf(answer)
    if (kind !== undefined) return { kind, source }
  }
  const [first] = keys
  if (source !== '' && first !== undefined) {
    const strict = `key=none hosts=none; ${withOptions(defaultSsh.command, keyOptions)}`
    const answer = await query(strict, first)
    if (!/^stricthostkeychecking (?:yes|true)\r?$/m.test(answer?.stdout ?? ''))
      return { kind: 'lax-ssh', source }
  }
  return {
    defaultSsh,
    rewrites: readRewrites(rules.stdout),
    knownHosts: keys.map(({ server }) =>
      knownHostsOf(answers.get(serverUrl({ ...server, path: '' }))?.stdout ?? '', home),
    ),
  }
}

/**
 * Returns how git starts ssh (git(1), GIT_SSH_COMMAND and GIT_SSH). Without a setting, it is the command that older Go
 * versions set themselves (cmd/go/internal/modload/init.go of Go 1.21).
 */
function findDefaultSsh(
  configured: string,
  { GIT_SSH_COMMAND = '', GIT_SSH = '' }: Variables,
): { readonly source: SshSource; readonly defaultSsh: DefaultSsh } {
  if (GIT_SSH_COMMAND !== '') {
    return { source: 'GIT_SSH_COMMAND', defaultSsh: { command: GIT_SSH_COMMAND, yieldsToRepository: false } }
  }
  if (configured !== '') {
    return { source: 'core.sshCommand', defaultSsh: { command: configured, yieldsToRepository: true } }
  }
  if (GIT_SSH !== '') {
    return { source: 'GIT_SSH', defaultSsh: { command: shellQuoted(GIT_SSH), yieldsToRepository: true } }
  }
  const command = 'ssh -o ControlMaster=no -o BatchMode=yes'
  return { source: '', defaultSsh: { command, yieldsToRepository: true } }
}

function obstacleOf(answer: RunResult | undefined): SshObstacle['kind'] | undefined {
  if (answer === undefined) return 'no-git'
  // The shell's exit codes for a program that does not exist or does not start (POSIX, "Exit Status for Commands").
  if (answer.code === 127 || answer.code === 126) return 'no-ssh'
  return answer.code === 0 && /^userknownhostsfile /m.test(answer.stdout) ? undefined : 'other-ssh'
}

/**
 * Returns the files in ssh's answer and the one below HOME. In a container, the home of ssh may differ from HOME. The
 * answer does not quote blanks, so a home such as `/c/Users/Jane Doe` leaves the relative path `Doe/.ssh/known_hosts`.
 * That would be a file of the checkout, so it does not count.
 *
 * @param answer output of `ssh -G`
 * @param home absolute path of the user's home; empty if there is none
 */
export function knownHostsOf(answer: string, home: string): readonly string[] {
  const [, named = ''] = /^userknownhostsfile (.*)$/m.exec(answer) ?? []
  const userFile = path.join(home, '.ssh', 'known_hosts')
  const files = [...named.trim().split(/\s+/), ...(home !== '' && isFile(userFile) ? [userFile] : [])]
  return [...new Set(files)].filter((file) => /^(?:[/\\~]|[a-z]:[/\\])/i.test(file))
}

/** The existing configuration of git and ssh. */
export interface ExistingSsh {
  readonly defaultSsh: DefaultSsh
  readonly rewrites: readonly Rewrite[]
  /** Absolute paths of files with host keys that ssh reads for each key, in the order of the keys. */
  readonly knownHosts: readonly (readonly string[])[]
}

/**
 * Writes keys into a private folder, with the script and configuration for git.
 *
 * @param keys the keys with their addresses
 * @param knownHosts lines with host keys
 * @param httpsOnly addresses below those of the keys that git does not fetch by ssh
 * @param folder absolute path of an empty folder that only this user may read
 * @returns variables to set, merged with their current values; they hold paths, never secrets
 */
function writeSshFiles(
  keys: readonly SshKey[],
  {
    knownHosts,
    httpsOnly,
    existingSsh: existing,
    folder,
    variables,
  }: {
    readonly knownHosts: readonly string[]
    readonly httpsOnly: readonly { readonly host: string; readonly path: string }[]
    readonly existingSsh: ExistingSsh
    readonly folder: string
    readonly variables: Variables
  },
): Readonly<Record<string, string>> {
  const at = (name: string) => path.join(folder, name)
  writePrivateFile(at('known_hosts'), knownHosts.map((line) => `${line}\n`).join(''))
  const writtenKeys = keys.map((key, index) => ({
    ...key,
    file: at(`key-${index}`),
    knownHosts: [at('known_hosts'), ...(existing.knownHosts[index] ?? [])],
  }))
  for (const { file, key } of writtenKeys) writePrivateFile(file, key)
  writePrivateFile(at('gitconfig'), rewriteConfig(sshRewrites(keys, httpsOnly, existing.rewrites)))
  writePrivateFile(at('ssh'), sshScript(writtenKeys, existing.defaultSsh))
  return { ...gitSetting(variables, 'include.path', at('gitconfig')), GIT_SSH_COMMAND: sshCommand(at('ssh')) }
}

type SshInputs = Pick<
  Inputs,
  'ssh-private-key' | 'ssh-known-hosts' | 'credentials' | 'credentials-required' | 'export-credentials'
>

/** The existing configuration of ssh; undefined if there are no keys or git cannot use them. */
interface SshCheck {
  readonly existingSsh: ExistingSsh | undefined
  readonly problems: readonly Problem[]
}

/** Detects git and ssh, and returns their problems. In runs that get no secrets, missing keys are not a problem. */
export async function checkSsh(
  inputs: SshInputs,
  { fork }: Pick<Event, 'fork'>,
  variables: Variables,
): Promise<SshCheck> {
  const { keys, linesWithoutSecret: missing } = inputs['ssh-private-key']
  const problems: Problem[] = []
  if (missing.length > 0 && (!fork || inputs['credentials-required'])) {
    problems.push({
      what: `Input \`ssh-private-key\` has no key below ${lineNumbers(missing)}`,
      allowed: '',
      fix: 'Check that the secret is set for this repository. Runs for forks and of Dependabot do not get it.',
    })
  }
  if (keys.length === 0) return { existingSsh: undefined, problems }
  const home = homeFolder(variables)
  const detected = await detectSsh(keys, { folder: temporaryFolder(), home, variables })
  if (!('kind' in detected)) return { existingSsh: detected, problems }
  return { existingSsh: undefined, problems: [...problems, obstacleProblem(detected)] }
}

/** Describes an obstacle. It names the setting but not its value, which may hold a password. */
function obstacleProblem({ kind, source }: SshObstacle & { readonly source: SshSource }): Problem {
  const what = 'Input `ssh-private-key` cannot be used'
  const set = source === '' ? 'ssh' : source
  switch (kind) {
    case 'no-git':
      return {
        what: `${what}: \`git\` is not on PATH`,
        allowed: '',
        fix: 'Install git before this step.',
      }
    case 'no-ssh':
      return source === ''
        ? {
            what: `${what}: \`ssh\` is not on PATH`,
            allowed: '',
            fix: 'Install OpenSSH’s client before this step; Debian and Ubuntu call it openssh-client, Alpine openssh-client-default.',
          }
        : {
            what: `${what}: ${set} names a program that does not start`,
            allowed: '',
            fix: 'Correct it, or remove it.',
          }
    case 'other-ssh':
      return {
        what: `${what}: ${set} does not run OpenSSH 6.8 or newer`,
        allowed: '',
        fix: `Use OpenSSH for ${source === '' ? 'the first `ssh` on PATH' : set}, such as the one in Git for Windows.`,
      }
    case 'lax-ssh':
      return {
        what: `${what}: ${set} disables the check of host keys, so any server could pose as yours`,
        allowed: '',
        fix: 'Remove StrictHostKeyChecking from it, and list the host keys in `ssh-known-hosts`.',
      }
  }
}

/**
 * Configures the keys for git.
 *
 * @param existing what `checkSsh` detected
 * @param env the current environment
 * @returns the variables that point to the keys; empty if there are no keys
 */
export function configureSsh(
  inputs: SshInputs,
  existing: ExistingSsh | undefined,
  { variables }: GoEnv,
  cleanup: Cleanup,
): Readonly<Record<string, string>> {
  const { keys, linesWithoutSecret: missing } = inputs['ssh-private-key']
  const { lines } = inputs['ssh-known-hosts']
  if (existing === undefined) {
    if (lines.length > 0 && missing.length === 0) {
      runner.warning('Input `ssh-known-hosts` has no effect without `ssh-private-key`.')
    }
    return {}
  }
  const httpsOnly = [
    // Bearer tokens serve Go's own requests; git cannot use them.
    ...inputs.credentials.credentials.filter(({ user }) => user !== undefined),
    ...(inputs['export-credentials'] ? checkedOutRepository(variables) : []),
  ]
  return cleanup.fillDir(
    'ssh',
    variables,
    (folder) =>
      writeSshFiles(keys, { knownHosts: lines, httpsOnly, existingSsh: existing, folder, variables }),
    // A variable cannot be unset for later steps, and git treats an empty value as a program.
    { GIT_SSH_COMMAND: 'ssh' },
  )
}

/** Returns the checked-out repository: later git commands in it use the credentials of actions/checkout, not a key. */
function checkedOutRepository({
  GITHUB_SERVER_URL = '',
  GITHUB_REPOSITORY = '',
}: Variables): readonly { readonly host: string; readonly path: string }[] {
  const [, host = ''] = /^https:\/\/([^/]+)/.exec(GITHUB_SERVER_URL) ?? []
  return host === '' || GITHUB_REPOSITORY === '' ? [] : [{ host, path: GITHUB_REPOSITORY }]
}
