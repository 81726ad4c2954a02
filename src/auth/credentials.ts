/** What credentials look like to git and to the go command. */

/** A program that gives bearer tokens to the go command (`go help goauth`; cmd/go/internal/auth/userauth.go). */

import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { Event } from '../github-context.ts'
import { gitSetting } from '../gocmd/go-env.ts'
import { type Credential, credentialSecrets } from '../inputs/credentials.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { fillJobTempDir } from '../platform/cleanup.ts'
import { processEnv } from '../platform/environment.ts'
import { readText, removeIfPossible, writePrivateFile } from '../platform/files.ts'
import { nodeProgram, platform } from '../platform/machine.ts'
import * as runner from '../platform/runner.ts'
import { homeFolder } from '../platform/temp-dirs.ts'
import { lineNumbers } from './missing-secrets.ts'

/**
 * What git's helper answers, for one credential (git-credential(1), "INPUT/OUTPUT FORMAT").
 */
function helperAnswer({ user = '', password }: Credential): string {
  return `username=${user}\npassword=${password}\n`
}

/**
 * A git configuration in which each credential is what git offers for addresses that begin so, once the server asks for one.
 * A helper, and no header: where another step has set a header for the same host, as actions/checkout does in its checkout,
 * git never asks for a second one, and GitHub refuses two. Helpers of the user are left out for these addresses alone
 * (gitcredentials(7), "CONFIGURATION OPTIONS": the address is matched with its path, and an empty helper clears the list).
 * The last section that fits is the one that counts, so longer paths come later. Servers name a repository with `.git` as
 * well, which is another path to git.
 *
 * @param credentials what opens which addresses
 * @param answerFile absolute path of the file with the answer for the credential at this index
 */
function gitConfig(credentials: readonly Credential[], answerFile: (index: number) => string): string {
  return credentials
    .map((credential, index) => ({ ...credential, index }))
    .sort((a, b) => a.path.length - b.path.length)
    .map(({ host, path, index }) => {
      const address = `https://${[host, path].filter(Boolean).join('/')}`
      // Git runs it in a shell, on Windows in its own one, which knows paths with slashes.
      const file = answerFile(index).replaceAll('\\', '/').replaceAll("'", `'\\''`)
      const command = `!f() { test "$1" = get && cat '${file}'; }; f`
      const helper = `\thelper =\n\thelper = "${command.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`
      const addresses = path === '' ? [address] : [address, `${address}.git`]
      return addresses.map((one) => `[credential "${one}"]\n${helper}`).join('')
    })
    .join('')
}

/**
 * A netrc file for the go command's own requests. Ours come first, because of several for a host it takes the first one
 * (cmd/go/internal/auth/auth.go). Since Go 1.24 a machine may have a path; an older Go never finds such a line, and the
 * credential is git's alone there. Go asks where a repository is with a query behind its path, and matches by whole
 * elements of the path.
 *
 * @param credentials what opens which addresses
 * @param before the file that is used else; empty if there is none
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
 * The program, for Node: it prints what each address is opened by. Go runs it before its first request over https, and
 * once more where a server refuses; its answer is the same. Go takes the longest address that fits by whole elements of
 * the path, and asks where a repository is with a query behind its path.
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
 * The command that runs it, as GOAUTH takes one: Go splits it at blanks, and quotes can stand around a whole word, with
 * nothing escaped in them (cmd/internal/quoted, Split). Commands are split at `;` before, quotes or not.
 *
 * @param words the program and its arguments
 * @throws RangeError when a word cannot be written so
 */
export function goauthCommand(words: readonly string[]): string {
  return words
    .map((word) => {
      if (/[;\r\n]/.test(word) || (word.includes('"') && word.includes("'")))
        throw new RangeError(
          `GOAUTH cannot hold the path ${word}, which bearer tokens need: it has a ; or quotes`,
        )
      if (!/[\s"']/.test(word)) return word
      return word.includes('"') ? `'${word}'` : `"${word}"`
    })
    .join(' ')
}

/** Variables that lead git and the go command to credentials: they hold paths, never secrets. */
export type CredentialVariables = Readonly<Record<string, string>>

/**
 * Writes credentials into a private folder, as git and the go command read them.
 *
 * @param credentials what opens which addresses
 * @param folder absolute path of an empty folder that nobody else may read
 * @param home absolute path of the user's home; empty where there is none
 * @param goauth GOAUTH as it will be; empty when it is not set
 * @returns variables to set, merged with what is set already
 */
export function writeCredentialFiles(
  credentials: readonly Credential[],
  { folder, home, goauth }: { readonly folder: string; readonly home: string; readonly goauth: string },
): CredentialVariables {
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
  writePrivateFile(at('netrc'), netrc(basic, usualNetrc(home)))
  const asked = withNetrc(goauth)
  const variables = { ...gitSetting('include.path', at('gitconfig')), NETRC: at('netrc') }
  if (bearers.length === 0) return { ...variables, ...(asked === goauth ? {} : { GOAUTH: asked }) }
  // Its name keeps Node from reading it as what some package.json above says.
  writePrivateFile(at('goauth.cjs'), goauthProgram(bearers))
  const command = goauthCommand([nodeProgram(), at('goauth.cjs')])
  return { ...variables, GOAUTH: `${command}; ${asked || 'netrc'}` }
}

/** The go command looks into a netrc file unless GOAUTH says otherwise; `off` is somebody's wish (go help goauth). */
function withNetrc(goauth: string): string {
  const commands = goauth.split(';').map((command) => command.trim())
  const isAsked = goauth === '' || commands.includes('netrc') || commands.includes('off')
  return isAsked ? goauth : `netrc; ${goauth}`
}

/** The text of the one that the go command reads (cmd/go/internal/auth/netrc.go); empty where there is none. */
function usualNetrc(home: string): string {
  const { NETRC } = processEnv()
  if (NETRC !== undefined && NETRC !== '') return readText(NETRC) ?? ''
  if (home === '') return ''
  const legacy = platform() === 'win32' ? readText(path.join(home, '_netrc')) : undefined
  return legacy ?? readText(path.join(home, '.netrc')) ?? ''
}

/** Hides the secrets, before anything else is done. */
export function maskCredentials({ credentials }: Pick<Inputs, 'credentials'>): void {
  for (const secret of credentialSecrets(credentials.credentials)) runner.mask(secret)
}

/**
 * What is wrong with credentials: that they have no secret, but for runs that get none, or that Go is told to use none.
 *
 * @param goauth GOAUTH as it will be
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
      what: `Input \`credentials\` has a bearer token in ${lineNumbers(bearers.map(({ line }) => line))}, and GOAUTH is off, so that the go command sends none`,
      allowed: '',
      fix: 'Take GOAUTH=off away, or these lines.',
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
        what: 'Input `credentials` is empty, `ssh-private-key` is, too, and `credentials-required` is true',
        allowed: '',
        fix: 'Set the secrets that it is made of. Runs for forks and of Dependabot get none.',
      },
    ]
  }
  if (missing.length === 0 || (fork && !isRequired)) return []
  return [
    {
      what: `Input \`credentials\` has no secret in ${lineNumbers(missing)}`,
      allowed: '',
      fix: 'Is the secret set for this repository? Runs for forks and of Dependabot get none of it. A blank at the end of a line stands for an empty secret behind a user: if the word before it is the token, take the blank away.',
    },
  ]
}

/**
 * Puts credentials where git and the go command of this process find them.
 *
 * @param goauth GOAUTH as it will be
 * @returns the variables that lead there; undefined where there are no credentials
 */
export function configureCredentials(
  { credentials: { credentials } }: Pick<Inputs, 'credentials'>,
  goauth: string,
): CredentialVariables | undefined {
  if (credentials.length === 0) return undefined
  const home = homeFolder()
  return fillJobTempDir('credentials', (folder) =>
    writeCredentialFiles(credentials, { folder, home, goauth }),
  )
}

/** Removes them when main ends, where later steps are not to have them. */
export function removeCredentials({ NETRC = '' }: CredentialVariables): void {
  if (NETRC !== '') removeIfPossible(path.dirname(NETRC))
}
