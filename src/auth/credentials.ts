/**
 * Credentials in the formats of git and the go command: a git configuration, a netrc file, and for bearer tokens a
 * GOAUTH program (`go help goauth`; cmd/go/internal/auth/userauth.go).
 */

import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { Event } from '../github-context.ts'
import type { GoEnv } from '../gocmd/index.ts'
import type { Credential, Inputs } from '../inputs/index.ts'
import type { Cleanup } from '../platform/cleanup.ts'
import { gitSetting, type Variables } from '../platform/environment.ts'
import { readText, writePrivateFile } from '../platform/files.ts'
import { nodeProgram, platform } from '../platform/machine.ts'
import { homeFolder } from '../platform/temp-dirs.ts'
import { lineNumbers } from './missing-secrets.ts'

/**
 * Returns the answer of git's credential helper for one credential (git-credential(1), "INPUT/OUTPUT FORMAT").
 */
function helperAnswer({ user = '', password }: Credential): string {
  return `username=${user}\npassword=${password}\n`
}

/**
 * Returns a git configuration that offers each credential for the addresses below its path on request.
 *
 * It sets a helper instead of a header. Another step may have set a header for the same host, as actions/checkout does
 * in its checkout. Git then never calls a helper, and GitHub rejects two headers.
 *
 * Helpers of the user are disabled for these addresses only (gitcredentials(7), "CONFIGURATION OPTIONS": git matches
 * the address with its path, and an empty helper clears the list). The last matching section wins, so longer paths
 * come later. Servers also accept a repository's name with `.git`, which is another path to git.
 *
 * @param credentials the credentials with their addresses
 * @param answerFile returns the absolute path of the file with the answer for the credential at an index
 */
function gitConfig(credentials: readonly Credential[], answerFile: (index: number) => string): string {
  return credentials
    .map((credential, index) => ({ ...credential, index }))
    .sort((a, b) => a.path.length - b.path.length)
    .map(({ host, path, index }) => {
      const address = `https://${[host, path].filter(Boolean).join('/')}`
      // Git runs it in a shell. On Windows that is git's own shell, which takes paths with slashes.
      const file = answerFile(index).replaceAll('\\', '/').replaceAll("'", `'\\''`)
      const command = `!f() { test "$1" = get && cat '${file}'; }; f`
      const helper = `\thelper =\n\thelper = "${command.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`
      const addresses = path === '' ? [address] : [address, `${address}.git`]
      return addresses.map((one) => `[credential "${one}"]\n${helper}`).join('')
    })
    .join('')
}

/**
 * Returns a netrc file for the go command's own requests. The lines of `credentials` come first, because Go takes the
 * first line for a host (cmd/go/internal/auth/auth.go). Since Go 1.24 a machine may have a path. An older Go never
 * matches such a line, so that only git uses the credential. Go requests a repository's location with the query
 * `?go-get=1`, and matches whole path elements: each path therefore also gets a line with that query.
 *
 * @param credentials the credentials with their addresses
 * @param before text of the user's netrc file; empty if there is none
 */
function netrc(credentials: readonly Credential[], before: string): string {
  const lines = credentials.map(({ host, path, user, password }) => {
    const machine = [host, path].filter(Boolean).join('/')
    const machines = path === '' ? [machine] : [machine, `${machine}?go-get=1`]
    return machines.map((one) => `machine ${one} login ${user} password ${password}\n`).join('')
  })
  return `${lines.join('')}${before}`
}

/**
 * Returns the source of the GOAUTH program, for Node: it prints the token of each address. Go runs it before its first
 * request over https, and once more when a server rejects a request; the answer is the same. Go takes the longest
 * address that matches by whole path elements, and requests a repository's location with the query `?go-get=1`.
 */
export function goauthProgram(bearers: readonly Credential[]): string {
  const answer = bearers.map(({ host, path, password }) => {
    const address = `https://${[host, path].filter(Boolean).join('/')}`
    const addresses = path === '' ? [address] : [address, `${address}?go-get=1`]
    return `${addresses.join('\n')}\n\nAuthorization: Bearer ${password}\n\n`
  })
  return `require("node:fs").writeFileSync(1, ${JSON.stringify(answer.join(''))})\n`
}

/**
 * Formats a command for GOAUTH. Go splits the command at blanks. Quotes can enclose a whole word, without escapes
 * (cmd/internal/quoted, Split). Go splits the commands at `;` first, even within quotes.
 *
 * @param words the program and its arguments
 * @throws RangeError when GOAUTH cannot hold a word
 */
export function goauthCommand(words: readonly string[]): string {
  return words
    .map((word) => {
      if (/[;\r\n]/.test(word) || (word.includes('"') && word.includes("'")))
        throw new RangeError(
          `GOAUTH cannot contain the path ${word}, which bearer tokens need, because the path has a ; or quotes`,
        )
      if (!/[\s"']/.test(word)) return word
      return word.includes('"') ? `'${word}'` : `"${word}"`
    })
    .join(' ')
}

/**
 * Writes credentials into a private folder, in the formats of git and the go command.
 *
 * @param credentials the credentials with their addresses
 * @param folder absolute path of an empty folder that only this user may read
 * @param home absolute path of the user's home; empty if there is none
 * @param env the current environment, with the effective GOAUTH
 * @returns variables to set, merged with their current values; they hold paths, never secrets
 */
export function writeCredentialFiles(
  credentials: readonly Credential[],
  { folder, home, env }: { readonly folder: string; readonly home: string; readonly env: GoEnv },
): Readonly<Record<string, string>> {
  const at = (name: string) => path.join(folder, name)
  const basic = credentials.filter(({ user }) => user !== undefined)
  const bearers = credentials.filter(({ user }) => user === undefined)
  for (const [index, credential] of basic.entries()) {
    writePrivateFile(at(`answer-${index}`), helperAnswer(credential))
  }
  writePrivateFile(
    at('gitconfig'),
    gitConfig(basic, (index) => at(`answer-${index}`)),
  )
  writePrivateFile(at('netrc'), netrc(basic, defaultNetrc(home, env.variables)))
  const goauth = env.setting('GOAUTH')
  const extended = withNetrc(goauth)
  const variables = { ...gitSetting(env.variables, 'include.path', at('gitconfig')), NETRC: at('netrc') }
  if (bearers.length === 0) return { ...variables, ...(extended === goauth ? {} : { GOAUTH: extended }) }
  // With the extension `.cjs`, Node ignores the module type of a package.json in a parent folder.
  writePrivateFile(at('goauth.cjs'), goauthProgram(bearers))
  const command = goauthCommand([nodeProgram(), at('goauth.cjs')])
  return { ...variables, GOAUTH: `${command}; ${extended || 'netrc'}` }
}

/** Adds `netrc` to a GOAUTH without it: Go reads netrc only by default or on request. `off` stays (go help goauth). */
function withNetrc(goauth: string): string {
  const commands = goauth.split(';').map((command) => command.trim())
  const readsNetrc = goauth === '' || commands.includes('netrc') || commands.includes('off')
  return readsNetrc ? goauth : `netrc; ${goauth}`
}

/** Returns the text of the netrc file that Go reads by default (cmd/go/internal/auth/netrc.go); empty if none. */
function defaultNetrc(home: string, { NETRC }: Variables): string {
  if (NETRC !== undefined && NETRC !== '') return readText(NETRC) ?? ''
  if (home === '') return ''
  const legacy = platform() === 'win32' ? readText(path.join(home, '_netrc')) : undefined
  return legacy ?? readText(path.join(home, '.netrc')) ?? ''
}

/**
 * Returns the problems of `credentials`: lines without a secret, unless the run gets no secrets, and bearer tokens that
 * GOAUTH=off disables.
 *
 * @param goauth the effective GOAUTH
 */
export function credentialProblems(
  inputs: Pick<Inputs, 'credentials' | 'credentials-required' | 'ssh-private-key'>,
  event: Pick<Event, 'fork'>,
  goauth: string,
): readonly Problem[] {
  const bearers = inputs.credentials.credentials.filter(({ user }) => user === undefined)
  if (bearers.length === 0 || goauth !== 'off') return secretProblems(inputs, event)
  return [
    ...secretProblems(inputs, event),
    {
      what: `Input \`credentials\` has a bearer token in ${lineNumbers(bearers.map(({ line }) => line))}, but GOAUTH is off, so the go command does not send it`,
      allowed: '',
      fix: 'Remove GOAUTH=off, or remove these lines.',
    },
  ]
}

function secretProblems(
  inputs: Pick<Inputs, 'credentials' | 'credentials-required' | 'ssh-private-key'>,
  { fork }: Pick<Event, 'fork'>,
): readonly Problem[] {
  const { credentials, linesWithoutSecret: missing } = inputs.credentials
  const isRequired = inputs['credentials-required']
  const ssh = inputs['ssh-private-key']
  if (
    isRequired &&
    credentials.length + missing.length + ssh.keys.length + ssh.linesWithoutSecret.length === 0
  ) {
    return [
      {
        what: 'Input `credentials-required` is true, but `credentials` and `ssh-private-key` are empty',
        allowed: '',
        fix: 'Set the secrets that these inputs use. Runs for forks and of Dependabot get no secrets.',
      },
    ]
  }
  if (missing.length === 0 || (fork && !isRequired)) return []
  return [
    {
      what: `Input \`credentials\` has no secret in ${lineNumbers(missing)}`,
      allowed: '',
      fix: 'Check that the secret is set for this repository. Runs for forks and of Dependabot do not get it. A blank at the end of a line means a user with an empty secret: if the last word is the token, remove the blank.',
    },
  ]
}

/**
 * Configures credentials for git and the go command.
 *
 * @param env the current environment
 * @returns the variables that point to them; empty if there are no credentials
 */
export function configureCredentials(
  { credentials: { credentials } }: Pick<Inputs, 'credentials'>,
  env: GoEnv,
  cleanup: Cleanup,
): Readonly<Record<string, string>> {
  if (credentials.length === 0) return {}
  const home = homeFolder(env.variables)
  return cleanup.fillDir('credentials', env.variables, (folder) =>
    writeCredentialFiles(credentials, { folder, home, env }),
  )
}
