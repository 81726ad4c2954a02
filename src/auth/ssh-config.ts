/**
 * The script and the configuration by which git uses ssh keys. The configuration rewrites https addresses to ssh
 * (git-config(1), `url.<base>.insteadOf`).
 */

import type { SshAddress, SshServer } from '../inputs/index.ts'

/** The command by which git starts ssh without this action. */
export interface DefaultSsh {
  /** A shell command line to which git appends arguments, as for GIT_SSH_COMMAND. */
  readonly command: string
  /** Whether a setting of the repository takes precedence (git(1), GIT_SSH_COMMAND). */
  readonly yieldsToRepository: boolean
}

/** A key with the files that the script uses for it. */
interface WrittenKey extends SshAddress {
  /** Absolute path of the private key. */
  readonly file: string
  /** Absolute paths of files with host keys; the one that this action writes comes first. */
  readonly knownHosts: readonly string[]
}

/** Formats the rules as git configuration. `variant = ssh` keeps git from probing the script before each use. */
export function rewriteConfig(rules: readonly Rewrite[]): string {
  const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  const sections = rules.map(({ from, to }) => `[url ${quoted(to)}]\n\tinsteadOf = ${quoted(from)}\n`)
  return `[ssh]\n\tvariant = ssh\n${sections.join('')}`
}

/**
 * Returns a script that git starts in place of ssh (git(1), GIT_SSH_COMMAND). Servers such as GitHub accept the first
 * key that they know, whatever it may read. The script therefore selects the key by host and path; ssh itself does not
 * know the path. For any other address, the script runs the default command.
 *
 * @param keys the keys; if several match, the one with the longest path wins
 */
export function sshScript(keys: readonly WrittenKey[], defaultSsh: DefaultSsh): string {
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
    ...(defaultSsh.yieldsToRepository ? repositoryCommand : []),
    `if test -z "$key"; then ${defaultSsh.command} "$@"; exit; fi`,
    `${withOptions(defaultSsh.command, keyOptions)} "$@"`,
    '',
  ].join('\n')
}

/** Runs the repository's own ssh command for its own remotes; actions/checkout, for example, configures one. */
const repositoryCommand = [
  'own=$(git config --local --includes --get core.sshCommand 2>/dev/null)',
  'remotes=$(git config --local --includes --get-regexp "^remote\\..*url$" 2>/dev/null)',
  'if test -n "$own"; then',
  '  case "$key $remotes" in',
  '  \\ *|*"$path"*) sh -c "$own \\"\\$@\\"" "$own" "$@"; exit;;',
  '  esac',
  'fi',
]

/**
 * The ssh options that select a key. Ssh takes the first of repeated options and offers the first key first, so these
 * come before existing options. A shared connection would belong to another key, so sharing is off.
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
 * Inserts options after the word `ssh` of a command, or at the end if there is no such word.
 *
 * @param command a shell command line
 */
export function withOptions(command: string, options: string): string {
  return word.test(command)
    ? command.replace(word, (_, before: string, name: string) => `${before}${name} ${options}`)
    : `${command} ${options}`
}

/** Returns the value of GIT_SSH_COMMAND that starts the script. */
export function sshCommand(script: string): string {
  return `sh ${shellQuoted(withSlashes(script))}`
}

/** Quotes a word for a shell. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Replaces backslashes in a path: on Windows git's own shell takes paths with slashes. */
function withSlashes(file: string): string {
  return file.replaceAll('\\', '/')
}

/** A rule that replaces the prefix `from` of an address by `to`. Git applies the rule with the longest `from`. */
export interface Rewrite {
  readonly from: string
  readonly to: string
}

/** A host and a path on it, the path without leading or trailing slash. */
interface RepositoryAddress {
  readonly host: string
  readonly path: string
}

/** The characters that can continue a repository's name, which makes it the name of another repository. */
const nameCharacters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~+%-']

/**
 * Returns rules that rewrite addresses, and those below them, to ssh, but no others. Git compares characters, not path
 * elements: a rule for `acme/lib` would also match `acme/library`. For each character that can continue the name, a
 * longer rule therefore keeps the address where it leads without the first rule.
 *
 * @param addresses the addresses that git fetches by ssh
 * @param httpsOnly the addresses below one of these that git does not fetch by ssh
 * @param existing the rules that git already has
 * @returns rules to add to the existing ones
 */
export function sshRewrites(
  addresses: readonly SshAddress[],
  httpsOnly: readonly RepositoryAddress[],
  existing: readonly Rewrite[],
): readonly Rewrite[] {
  const excluded = httpsOnly.filter(
    (one) => addresses.some((parent) => isBelow(one, parent)) && !addresses.some((same) => isSame(one, same)),
  )
  const redirected = addresses.map((address) => ({ address, to: serverUrl(address.server) }))
  const all = [...redirected, ...excluded.map((address) => ({ address, to: undefined }))].sort(
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

/** Applies the rules to an address (remote.c of git, alias_url). */
function rewritten(rules: readonly Rewrite[], address: string): string {
  let best: Rewrite | undefined
  for (const rule of rules) {
    const isLonger = best === undefined || rule.from.length > best.from.length
    if (address.startsWith(rule.from) && isLonger) best = rule
  }
  return best === undefined ? address : `${best.to}${address.slice(best.from.length)}`
}

/**
 * Parses the rules that git has.
 *
 * @param listing what `git config --null --get-regexp '^url\..*\.insteadof$'` prints
 */
export function readRewrites(listing: string): readonly Rewrite[] {
  return listing.split('\0').flatMap((record) => {
    const [, to, from] = /^url\.(.*)\.insteadof\n(.+)$/s.exec(record) ?? []
    return to === undefined || from === undefined ? [] : [{ from, to }]
  })
}

/** Returns a server's address, without a trailing slash. */
export function serverUrl({ user, host, port, path }: SshServer): string {
  return `ssh://${user}@${host}${port && `:${port}`}${path && `/${path}`}`
}

function httpsUrl({ host, path }: RepositoryAddress): string {
  return `https://${host}${path && `/${path}`}`
}

function isBelow(one: RepositoryAddress, parent: RepositoryAddress): boolean {
  return one.host === parent.host && (parent.path === '' || one.path.startsWith(`${parent.path}/`))
}

function isSame(one: RepositoryAddress, other: RepositoryAddress): boolean {
  return one.host === other.host && one.path === other.path
}
