/** The input `credentials`: credentials for hosts of modules, one line per host. */

import { loginForms } from '../gosettings/secret-forms.ts'

/** A credential for a host, or for the addresses below a path of it. */
export interface Credential {
  /** In lower case, with its port if the line has one. */
  readonly host: string
  /** Prefix of the path, without leading and trailing slash; empty for the whole host. */
  readonly path: string
  /** Undefined for a bearer token, which has no user (RFC 6750). */
  readonly user: string | undefined
  /** Password or token. */
  readonly password: string
  /** Number of its line, counted from 1. */
  readonly line: number
}

/**
 * The word before a bearer token, with or without a blank after it. Without a blank, YAML does not read it as a key.
 * It cannot be a user name, because those hold no colon (RFC 7617, section 2).
 */
const bearerWord = /^bearer:/i

/** The result of reading the input `credentials`. */
export interface ReadCredentials {
  readonly credentials: readonly Credential[]
  /** Numbers of the lines that end before the secret, as with an empty secret. */
  readonly linesWithoutSecret: readonly number[]
  /** Faults with their line numbers; they quote nothing that may be a secret. */
  readonly faults: readonly string[]
}

/**
 * The user name to send with a token, by host. GitHub accepts any name with a user's token, and requires this one for
 * an app's (docs.github.com, "Authenticating as a GitHub App installation"). GitLab accepts any name except an empty
 * one (docs.gitlab.com, "Personal access tokens"). Bitbucket requires its own (support.atlassian.com, "Using access
 * tokens").
 */
const usersOfTokens: readonly (readonly [host: RegExp, user: string])[] = [
  [/(?:^|\.)bitbucket\.org$/, 'x-token-auth'],
  [/(?:^|\.)gitlab\./, 'oauth2'],
]

const defaultUser = 'x-access-token'

/**
 * Reads lines such as `github.com token`, `git.example.com/team token`, `proxy.example.com:8443 user password` and
 * `proxy.example.com bearer:token`.
 *
 * @param text the lines as written, including trailing blanks; blank lines and those that begin with `#` are
 *   skipped
 */
export function readCredentials(text: string): ReadCredentials {
  const credentials: Credential[] = []
  const linesWithoutSecret: number[] = []
  const faults: string[] = []
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const [address, ...secrets] = line.trim().split(/[ \t]+/)
    if (address === undefined || address === '' || address.startsWith('#')) continue
    const fault = (what: string) => faults.push(`line ${index + 1} ${what}`)
    const notation = lineFault(line.trim(), secrets)
    if (notation !== undefined) {
      fault(notation)
      continue
    }
    const target = readAddress(address)
    const [first = ''] = secrets
    const isBearer = bearerWord.test(first)
    const words = isBearer ? [first.replace(bearerWord, ''), ...secrets.slice(1)].filter(Boolean) : secrets
    const sameTarget = credentials.filter((one) => one.host === target.host && one.path === target.path)
    const secretFault = faultOfSecrets(words, isBearer)
    if ('fault' in target) fault(target.fault)
    // With an empty secret, the line ends with a blank after the user or after `bearer:`.
    else if (
      words.length === 0 ||
      (!isBearer && words.length === 1 && /[ \t]$/.test(line) && !isToken.test(first))
    )
      linesWithoutSecret.push(index + 1)
    else if (secretFault !== undefined) fault(secretFault)
    // A bearer token and a password for one address do not conflict: Go's own requests use the token, git the password.
    else if (sameTarget.some(({ user }) => (user === undefined) === isBearer))
      fault('names a host and path that an earlier line names')
    else {
      const [password = '', user = userOf(target.host)] = [...words].reverse()
      credentials.push({ ...target, user: isBearer ? undefined : user, password, line: index + 1 })
    }
  }
  return { credentials, linesWithoutSecret, faults }
}

/** The prefixes of tokens of GitHub, GitLab and Bitbucket: such a word is not a user name. */
const isToken = /^(?:gh[opusr]_|github_pat_|gl[a-z]{2,6}-|AT[BC][A-Z]T?)\w/

/**
 * Returns the fault of a line in another notation, such as a copied one.
 *
 * @param line the line without surrounding blanks
 * @param secrets the words after the first one
 * @returns a clause that follows the line's number and quotes nothing of the line
 */
function lineFault(line: string, secrets: readonly string[]): string | undefined {
  const [first = ''] = secrets
  const address = line.slice(0, /[ \t]|$/.exec(line)?.index)
  const write = 'write `HOST TOKEN` or `HOST USER SECRET`'
  if (/^[[{]/.test(line)) return `is JSON: ${write}`
  if (/^-$/.test(address)) return `begins with a dash: ${write} alone`
  if (/^["'`]/.test(line) || /^(["'`]).*\1$/.test(secrets.at(-1) ?? ''))
    return `has quotes, which would become part of the secret: ${write} without them`
  if (address === 'machine' || first === 'login') return `is in the notation of a netrc file: ${write}`
  if (/\$\{\{/.test(line))
    return 'has an expression that was not evaluated: expressions work only under `with:`'
  if (secrets.some((word) => /^\$(?:[A-Z_][A-Z\d_]*|\{\w+\})$/.test(word)))
    return 'has a shell variable, which is not expanded: write `HOST ${{ secrets.NAME }}`'
  if (secrets.some((word) => /^\*+$/.test(word))) return 'has asterisks in place of a secret, as in a log'
  if (/^[=:]$|^[=-]>$/.test(first) || /^[^=/]+=/.test(address))
    return `joins host and secret with a sign: ${write}, separated by blanks`
  if (!/@|^(?:git|ssh|https?):/i.test(address) && /^[^:/]+:(?!\d{1,5}(?:\/|$))|:$/.test(address)) {
    return /\./.test(address.split(':')[0] ?? '')
      ? `has a colon after its host, but no port: ${write}, separated by blanks`
      : `does not begin with a host, but with a word and a colon: ${write}`
  }
  if (/^(?:https:\/\/)?[^/]*\*/i.test(address)) return 'has a `*` in its host: write one line per host'
  if (/\/\*+\/?$/.test(address))
    return 'has a `*` in its path: remove it, because a path also covers everything below it'
  if (/[,;|]$/.test(address) || /^[,;|]/.test(first)) return `has a separator after its host: ${write}`
  if (/[^\S \t]|[\u200b\u2060\ufeff]/.test(line))
    return `has an invisible character other than a space or tab: ${write}`
  return undefined
}

/** Returns the fault of the words after the host: a clause that follows the line's number and quotes no word. */
function faultOfSecrets(words: readonly string[], isBearer: boolean): string | undefined {
  const [first = ''] = words
  if (words.length > (isBearer ? 1 : 2)) {
    return isBearer ? 'has a blank in the token after `bearer:`' : `has ${words.length + 1} words`
  }
  if (words.length < 2) {
    return !isBearer && first.includes(':')
      ? 'has a colon in its token: write `HOST USER SECRET`, with a blank between user and secret'
      : undefined
  }
  if (/^bearer$/i.test(first))
    return 'has the user "bearer": write a bearer token as `bearer:TOKEN`, with a colon'
  if (/^basic$/i.test(first))
    return 'has the user "basic": write user and secret in plain text, not as base64'
  return first.includes(':') ? 'has a user with a colon, which HTTP does not allow' : undefined
}

/** The address that a credential is for. */
type Address = Pick<Credential, 'host' | 'path'>

/** Parses an address, or returns its fault: a clause that follows the line's number and quotes nothing of the line. */
function readAddress(text: string): Address | (Partial<Address> & { readonly fault: string }) {
  if (/^http:/i.test(text)) return { fault: 'begins with http:, but credentials are sent only over https' }
  if (/^(?:ssh:|git[:@])/i.test(text))
    return { fault: 'begins with an ssh address, but credentials are for https: use `ssh-private-key`' }
  const bare = text.replace(/^https:\/\//i, '')
  if (bare.includes('@')) return { fault: 'has an @ in its first word, which must be a host' }
  const [, host = '', path = ''] = /^([^/]*)\/?(.*?)\/*$/.exec(bare) ?? []
  const isHost = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?)(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*(?::\d{1,5})?$/i.test(
    host,
  )
  // A host has a dot or a port, or is `localhost`. So a token without a host does not count as one.
  if (!isHost || !(/[.:]/.test(host) || host === 'localhost')) return { fault: 'does not begin with a host' }
  if (!/^[\w.~%+-]*(?:\/[\w.~%+-]+)*$/.test(path)) return { fault: 'has an invalid path' }
  return { host: host.toLowerCase(), path }
}

function userOf(host: string): string {
  const name = host.replace(/:\d+$/, '')
  return usersOfTokens.find(([pattern]) => pattern.test(name))?.[1] ?? defaultUser
}

/** Returns every form in which credentials may appear in a log, for masking. */
export function credentialSecrets(credentials: readonly Credential[]): readonly string[] {
  // The secret of a line is masked even if it is short.
  const forms = credentials.flatMap(({ user = '', password }) => [
    password,
    ...loginForms({ user, password }),
  ])
  return [...new Set(forms)]
}
