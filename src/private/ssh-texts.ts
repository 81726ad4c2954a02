/** What ssh keys look like to git. */
import type { Rewrite } from '../modules/settings/address-rewrites.ts'
import type { SshAddress } from '../modules/settings/ssh-address.ts'

/** How git would start ssh without this action. */
export interface UsualSsh {
  /** A line for a shell, to which arguments are added; as GIT_SSH_COMMAND is. */
  readonly command: string
  /** Whether a repository may have a setting that counts more (git(1), GIT_SSH_COMMAND). */
  readonly yieldsToRepository: boolean
}

/** A key as the script knows it. */
export interface PlacedKey extends SshAddress {
  /** Absolute path of the private key. */
  readonly file: string
  /** Absolute paths of files with host keys, ours first. */
  readonly knownHosts: readonly string[]
}

/** The rules, in git's notation, and that ssh is OpenSSH: else git asks the script in front of each use. */
export function rewriteConfig(rules: readonly Rewrite[]): string {
  const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  const sections = rules.map(({ from, to }) => `[url ${quoted(to)}]\n\tinsteadOf = ${quoted(from)}\n`)
  return `[ssh]\n\tvariant = ssh\n${sections.join('')}`
}

/**
 * A script that git starts in place of ssh (git(1), GIT_SSH_COMMAND). Servers such as GitHub take the first key that they
 * know, whatever it may read; so which key is offered has to be told from host and path, and ssh alone is not told the
 * path. Every other use goes the way it always went.
 *
 * @param keys of several that fit, the one with the longest path counts
 */
export function sshScript(keys: readonly PlacedKey[], usual: UsualSsh): string {
  const branches = [...keys]
    .sort((a, b) => b.server.path.length - a.server.path.length)
    .map(({ server: { host, port, path }, file, knownHosts }) => {
      const hosts = knownHosts.map((one) => `"${withSlashes(one)}"`).join(' ')
      const where = `${host}:${port}/${path === '' ? '' : `${path}/`}`
      return `  ${quoted(where)}*) key=${quoted(withSlashes(file))} hosts=${quoted(hosts)};;`
    })
  return [
    'port= host= command= before=',
    'for word; do',
    '  if test "$before" = -p; then port=$word; fi',
    '  before=$word host=$command command=$word',
    'done',
    'if test "$port" = 22; then port=; fi',
    // git-upload-pack '/acme/lib.git' (connect.c of git)
    'path=',
    `case "$command" in git-*\\ \\'*\\') path=\${command#*\\'} path=\${path%\\'} path=\${path#/} path=\${path%/} path=\${path%.git};; esac`,
    'key= hosts=',
    'case "${host##*@}:$port/$path/" in',
    ...branches,
    'esac',
    ...(usual.yieldsToRepository ? ownCommand : []),
    `if test -z "$key"; then ${usual.command} "$@"; exit; fi`,
    `${withOptions(usual.command, keyOptions)} "$@"`,
    '',
  ].join('\n')
}

/** A repository that has a command of its own, as actions/checkout leaves one, keeps it for its own remotes. */
const ownCommand = [
  'own=$(git config --local --includes --get core.sshCommand 2>/dev/null)',
  'remotes=$(git config --local --includes --get-regexp "^remote\\..*url$" 2>/dev/null)',
  'if test -n "$own"; then',
  '  case "$key $remotes" in',
  '  \\ *|*"$path"*) sh -c "$own \\"\\$@\\"" "$own" "$@"; exit;;',
  '  esac',
  'fi',
]

/**
 * The first of several options counts, and the first key is offered first, so these come before those that are there.
 * A connection that is shared would be that of another key.
 */
export const keyOptions = [
  '-i "$key"',
  '-o IdentitiesOnly=yes',
  '-o BatchMode=yes',
  '-o StrictHostKeyChecking=yes',
  '-o UserKnownHostsFile="$hosts"',
  '-o CheckHostIP=no',
  '-o ControlMaster=no',
  '-o ControlPath=none',
].join(' ')

const word = /(^|[\s/\\'"])(ssh(?:\.exe)?['"]?)(?=\s|$)/

/**
 * A command with options behind the word that is ssh, or at its end where there is no such word.
 *
 * @param command a line for a shell
 */
export function withOptions(command: string, options: string): string {
  return word.test(command)
    ? command.replace(word, (_, before: string, name: string) => `${before}${name} ${options}`)
    : `${command} ${options}`
}

/** The variable by which git starts the script. */
export function sshCommand(script: string): string {
  return `sh ${quoted(withSlashes(script))}`
}

/** A word for a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** On Windows git brings a shell of its own, which knows paths with slashes. */
function withSlashes(file: string): string {
  return file.replaceAll('\\', '/')
}
