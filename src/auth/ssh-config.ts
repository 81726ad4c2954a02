/** What ssh keys look like to git. */

/** How git is led from https to ssh (git-config(1), `url.<base>.insteadOf`). */

import type { SshAddress, SshServer } from '../inputs/ssh-keys.ts'

/** How git would start ssh without this action. */
export interface DefaultSsh {
  /** A line for a shell, to which arguments are added; as GIT_SSH_COMMAND is. */
  readonly command: string
  /** Whether a repository may have a setting that counts more (git(1), GIT_SSH_COMMAND). */
  readonly yieldsToRepository: boolean
}

/** A key as the script knows it. */
interface WrittenKey extends SshAddress {
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
export function sshScript(keys: readonly WrittenKey[], usual: DefaultSsh): string {
  const branches = [...keys]
    .sort((a, b) => b.server.path.length - a.server.path.length)
    .map(({ server: { host, port, path }, file, knownHosts }) => {
      const hosts = knownHosts.map((one) => `"${withSlashes(one)}"`).join(' ')
      const where = `${host}:${port}/${path === '' ? '' : `${path}/`}`
      return `  ${shellQuoted(where)}*) key=${shellQuoted(withSlashes(file))} hosts=${shellQuoted(hosts)};;`
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
  return `sh ${shellQuoted(withSlashes(script))}`
}

/** A word for a shell. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** On Windows git brings a shell of its own, which knows paths with slashes. */
function withSlashes(file: string): string {
  return file.replaceAll('\\', '/')
}

/** Of an address that begins with `from`, this becomes `to`. Of several that fit git takes the longest `from`. */
export interface Rewrite {
  readonly from: string
  readonly to: string
}

/** What is below a host and a path, without slashes around it. */
interface Place {
  readonly host: string
  readonly path: string
}

/** What the name of a repository can go on with: then it is another one. */
const nameCharacters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~+%-']

/**
 * Leads what is at some addresses, or below them, to ssh, and nothing else: git compares letters, not elements of a path, so
 * that a rule for `acme/lib` would take `acme/library` along. For each letter that such a name can go on with there is
 * a longer rule, which leads to where it leads without the one.
 *
 * @param addresses what is fetched by ssh
 * @param kept what stays as it is although it is below one of them
 * @param existing the rules that git has already
 * @returns rules to be added to these
 */
export function sshRewrites(
  addresses: readonly SshAddress[],
  kept: readonly Place[],
  existing: readonly Rewrite[],
): readonly Rewrite[] {
  const staying = kept.filter(
    (one) => addresses.some((over) => isBelow(one, over)) && !addresses.some((same) => isSame(one, same)),
  )
  const led = addresses.map((address) => ({ address, to: serverUrl(address.server) }))
  const all = [...led, ...staying.map((address) => ({ address, to: undefined }))].sort(
    (a, b) => httpsUrl(a.address).length - httpsUrl(b.address).length,
  )
  const rules: Rewrite[] = []
  for (const { address, to } of all) {
    const from = httpsUrl(address)
    const base = to ?? rewritten(existing, from)
    if (address.path === '') {
      rules.push({ from: `${from}/`, to: `${base}/` })
      continue
    }
    const before = [...existing, ...rules]
    for (const [ending, rule] of [from, `${from}.git`].map((one) => [one.slice(from.length), one] as const)) {
      rules.push({ from: rule, to: `${base}${ending}` })
      for (const character of nameCharacters) {
        const other = `${rule}${character}`
        rules.push({ from: other, to: rewritten(before, other) })
      }
    }
  }
  return rules
}

/** An address by its rules (remote.c of git, alias_url). */
function rewritten(rules: readonly Rewrite[], address: string): string {
  let best: Rewrite | undefined
  for (const rule of rules) {
    const isLonger = best === undefined || rule.from.length > best.from.length
    if (address.startsWith(rule.from) && isLonger) best = rule
  }
  return best === undefined ? address : `${best.to}${address.slice(best.from.length)}`
}

/**
 * Reads the rules that git has.
 *
 * @param listing what `git config --null --get-regexp '^url\..*\.insteadof$'` prints
 */
export function readRewrites(listing: string): readonly Rewrite[] {
  return listing.split('\0').flatMap((record) => {
    const [, to, from] = /^url\.(.*)\.insteadof\n(.+)$/s.exec(record) ?? []
    return to === undefined || from === undefined ? [] : [{ from, to }]
  })
}

/** A server's address, without a slash at its end. */
export function serverUrl({ user, host, port, path }: SshServer): string {
  return `ssh://${user}@${host}${port && `:${port}`}${path && `/${path}`}`
}

function httpsUrl({ host, path }: Place): string {
  return `https://${host}${path && `/${path}`}`
}

function isBelow(one: Place, over: Place): boolean {
  return one.host === over.host && (over.path === '' || one.path.startsWith(`${over.path}/`))
}

function isSame(one: Place, other: Place): boolean {
  return one.host === other.host && one.path === other.path
}
