/** The input `ssh-private-key`: private keys that ssh can use unattended, each below a line with its address. */

import { createPrivateKey } from 'node:crypto'

const passphrase = 'has a passphrase: remove it from a copy of the key with `ssh-keygen -p -N "" -f FILE`'

const unreadable = 'cannot be read: it is incomplete or damaged'

/**
 * Returns why ssh cannot use a private key.
 *
 * @param label the text between BEGIN and PRIVATE KEY, with a trailing blank, such as `OPENSSH `
 * @param block all lines of the key
 * @returns a clause that follows the key's name and quotes nothing of the key; undefined for a valid key
 */
function privateKeyFault(label: string, block: readonly string[]): string | undefined {
  // RFC 1421, and PKCS #8 (RFC 5958).
  if (label === 'ENCRYPTED ' || block.some((line) => /^Proc-Type:.*ENCRYPTED/.test(line))) return passphrase
  if (label === 'OPENSSH ') return openSshFault(Buffer.from(block.slice(1, -1).join(''), 'base64'))
  try {
    createPrivateKey(`${block.join('\n')}\n`)
    return undefined
  } catch {
    return unreadable
  }
}

/** Returns the fault of a key in OpenSSH's own format (openssh-portable, PROTOCOL.key). */
function openSshFault(bytes: Buffer): string | undefined {
  const magic = 'openssh-key-v1\0'
  if (bytes.subarray(0, magic.length).toString('latin1') !== magic) return unreadable
  let at = magic.length
  const number = () => {
    at += 4
    return at <= bytes.length ? bytes.readUInt32BE(at - 4) : Number.POSITIVE_INFINITY
  }
  const field = () => {
    const length = number()
    at += length
    return at <= bytes.length ? bytes.subarray(at - length, at) : undefined
  }
  const [cipher, , options] = [field(), field(), field()]
  if (cipher === undefined || options === undefined) return unreadable
  if (cipher.toString('latin1') !== 'none') return passphrase
  const count = number()
  const [publicKey, secret] = [field(), field()]
  const isComplete = count === 1 && publicKey !== undefined && secret !== undefined && secret.length > 8
  // Two equal check numbers precede an intact private section.
  return isComplete && secret.readUInt32BE(0) === secret.readUInt32BE(4) ? undefined : unreadable
}

/** The server to which git connects by ssh. */
export interface SshServer {
  readonly user: string
  readonly host: string
  /** Empty for the default of ssh. */
  readonly port: string
  /** Prefix of the repositories' paths, without leading and trailing slash and without `.git`; empty for all. */
  readonly path: string
}

/** An https address that git fetches from a server by ssh instead. */
export interface SshAddress {
  /** In lower case, with its port if the https address has one. */
  readonly host: string
  /** Prefix of the path of the https address, as in `SshServer`. */
  readonly path: string
  readonly server: SshServer
}

/**
 * Reads the line above a key: an address as in module paths, an ssh address, or both.
 *
 * @param text one line, without surrounding blanks
 * @returns the address; or its fault, a clause that follows the line's number and quotes nothing of the line, which may
 *   be part of a key
 */
export function readSshAddress(text: string): SshAddress | string {
  const [first = '', second, ...more] = text.split(/[ \t]+/)
  if (more.length > 0) return `has ${more.length + 2} words, but an address has one or two`
  if (/^ssh:\/\//i.test(first)) {
    if (second !== undefined) return 'has a second word after its ssh address'
    const server = readServer(first)
    return typeof server === 'string' ? server : { host: server.host, path: server.path, server }
  }
  if (/^[\w.+-]+@[\w.-]+:/.test(first)) {
    return 'has an scp-style address with `@` and `:`: write `host/path` or `ssh://user@host/path`'
  }
  const hostPath = readHostPath(first.replace(/^https:\/\//i, ''))
  if (hostPath === undefined) return 'is neither a host with a path nor part of a key'
  const { host, path } = hostPath
  if (second === undefined) {
    return host.includes(':')
      ? 'has a port: write `ssh://user@host:port/path` for a port of ssh'
      : { host, path, server: { user: 'git', host, port: '', path } }
  }
  if (!/^ssh:\/\//i.test(second)) return 'has a second word that does not begin with ssh://'
  const server = readServer(second)
  if (typeof server === 'string') return server
  return { host, path, server: { ...server, path: server.path === '' ? path : server.path } }
}

function readServer(text: string): SshServer | string {
  const [, user = 'git', rest = ''] = /^ssh:\/\/(?:([^@/]*)@)?(.*)$/i.exec(text) ?? []
  // ssh could read another form of user as an option.
  if (!/^[\w.+][\w.+-]*$/.test(user)) return 'has an invalid user in its ssh address'
  const hostPath = readHostPath(rest)
  if (hostPath === undefined) return 'has an invalid ssh address'
  const [host = '', port = ''] = hostPath.host.split(':')
  if (Number(port) > 65_535) return 'has an invalid port in its ssh address'
  return { user, host, port: port === '22' ? '' : port, path: hostPath.path }
}

function readHostPath(text: string): { readonly host: string; readonly path: string } | undefined {
  const [, host = '', path = ''] = /^([^/]*)\/?(.*?)\/*$/.exec(text) ?? []
  const isHost = /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*(?::\d{1,5})?$/i.test(host)
  // A host has a dot or is `localhost`; any other single word is not a host.
  if (!isHost || !/^[^:]*\.|^localhost(?::|$)/.test(host)) return undefined
  if (!/^[\w.~%+-]*(?:\/[\w.~%+-]+)*$/.test(path)) return undefined
  return { host: host.toLowerCase(), path: path.replace(/\.git$/, '') }
}

/** A private key with its address. */
export interface SshKey extends SshAddress {
  /** The key as ssh reads it: LF after each line, including the last. */
  readonly key: string
}

/** The result of reading the input `ssh-private-key`. */
export interface ReadSshKeys {
  readonly keys: readonly SshKey[]
  /** Numbers of lines with an address and no key below, as with an empty secret. */
  readonly linesWithoutSecret: readonly number[]
  /** Faults with their line numbers; they quote nothing that may be part of a key. */
  readonly faults: readonly string[]
}

/** Common lines that are not an address, with the likely mistake; the first match wins. */
const knownMistakes: readonly (readonly [pattern: RegExp, fault: string])[] = [
  [
    /-----BEGIN [A-Z\d ]*PRIVATE KEY-----\s*\S/,
    'holds a key that has lost its line breaks: store the secret as it is in its file',
  ],
  [
    /BEGIN (?:[A-Z\d]+ )*(?:PUBLIC KEY|CERTIFICATE)-*$|^(?:sk-)?(?:ssh|ecdsa)-[a-z\d-]+(?:@openssh\.com)? +AAAA/,
    'holds a public key: use the private key, whose file has no extension',
  ],
  [
    /^PuTTY-User-Key-File/,
    'holds a key in PuTTY format: convert it with `puttygen KEY.ppk -O private-openssh -o KEY`',
  ],
  [/^LS0tLS1CRUdJTi/, 'holds a key in base64: store it as it is in its file'],
  [/-----BEGIN /, 'holds something other than a private key'],
]

/**
 * Reads private keys, each below a line with its address. Blank lines, and those that begin with `#`, are skipped.
 *
 * @param text keys in PEM or in OpenSSH's format, with any line ends
 */
export function readSshKeys(text: string): ReadSshKeys {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
  const keys: SshKey[] = []
  const linesWithoutSecret: number[] = []
  const faults: string[] = []
  /** The line above the next key; `address` is undefined if it is invalid. */
  let above: { readonly line: number; readonly address: SshAddress | undefined } | undefined
  let isAfterFault = false
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === '' || line.startsWith('#')) continue
    const number = at + 1
    const [, label] = /^-----BEGIN ((?:[A-Z\d]+ )*)PRIVATE KEY-----$/.exec(line) ?? []
    if (label !== undefined) {
      const end = lines.indexOf(`-----END ${label}PRIVATE KEY-----`, at)
      const block = lines.slice(at, end + 1).filter((one) => one !== '')
      const fault = end === -1 ? 'has no end: its last lines are missing' : privateKeyFault(label, block)
      if (fault !== undefined) faults.push(`the key in line ${number} ${fault}`)
      else if (above === undefined) {
        faults.push(
          `the key in line ${number} has no address: write its address in the line above it, such as \`github.com/acme/lib\``,
        )
      } else if (above.address !== undefined) keys.push({ ...above.address, key: `${block.join('\n')}\n` })
      above = undefined
      isAfterFault = end === -1
      at = end === -1 ? at : end
      continue
    }
    // Some tools write the parameters of the curve before the key.
    if (line === '-----BEGIN EC PARAMETERS-----') {
      at = Math.max(at, lines.indexOf('-----END EC PARAMETERS-----', at))
      continue
    }
    const mistake = knownMistakes.find(([pattern]) => pattern.test(line))?.[1]
    const address = mistake ?? readSshAddress(line)
    if (typeof address === 'string') {
      // The following lines belong to the same mistake.
      if (!isAfterFault) faults.push(`line ${number} ${address}`)
      isAfterFault = true
      above = mistake === undefined ? { line: number, address: undefined } : undefined
      continue
    }
    isAfterFault = false
    if (above?.address !== undefined) linesWithoutSecret.push(above.line)
    const isDuplicate = keys.some(({ host, path }) => host === address.host && path === address.path)
    if (isDuplicate) faults.push(`line ${number} names an address that another key already has`)
    above = { line: number, address: isDuplicate ? undefined : address }
  }
  if (above?.address !== undefined) linesWithoutSecret.push(above.line)
  return { keys, linesWithoutSecret, faults }
}

/** Minimum length of a masked line: shorter lines are too common to mask, and too short to reveal anything. */
const minMaskedLength = 8

/** Returns every form in which keys may appear in a log, for masking: the runner masks line by line. */
export function sshSecrets(keys: readonly Pick<SshKey, 'key'>[]): readonly string[] {
  const forms = keys.flatMap(({ key }) => {
    const lines = key
      .split('\n')
      .filter((line) => line.length >= minMaskedLength && !line.startsWith('-----'))
    const whole = [key, key.trimEnd(), key.replaceAll('\n', '\r\n')]
    return [
      ...lines.flatMap((line) => [line, encodeURIComponent(line)]),
      ...whole.map((one) => Buffer.from(one).toString('base64')),
    ]
  })
  return [...new Set(forms)]
}

/** The host keys of the input `ssh-known-hosts`, as a known_hosts file has them (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface ReadKnownHosts {
  /** The lines with host keys. */
  readonly lines: readonly string[]
  /** Faults with their line numbers; they quote nothing of a line. */
  readonly faults: readonly string[]
}

/**
 * Reads lines such as `git.example.com ssh-ed25519 AAAA…` and `[git.example.com]:2222 ssh-ed25519 AAAA…`.
 *
 * @param text lines with any line ends; blank lines, and those that begin with `#`, are skipped
 */
export function readKnownHosts(text: string): ReadKnownHosts {
  const lines: string[] = []
  const faults: string[] = []
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const fault = lineFault(line)
    if (fault === undefined) lines.push(line)
    else faults.push(`line ${index + 1} ${fault}`)
    // The following lines are the rest of the private key.
    if (line.includes('PRIVATE KEY')) break
  }
  return { lines, faults }
}

function lineFault(line: string): string | undefined {
  if (line.includes('PRIVATE KEY')) return 'holds a private key, which belongs in `ssh-private-key`'
  if (/\b(?:SHA256:|MD5:(?:[\da-f]{2}:))/.test(line)) {
    return 'holds a fingerprint instead of a key: `ssh-keyscan HOST` prints the key'
  }
  const words = line.split(/[ \t]+/)
  const marker = line.startsWith('@') ? words.shift() : undefined
  if (marker !== undefined && marker !== '@cert-authority' && marker !== '@revoked') {
    return 'begins with an unknown marker'
  }
  const [hosts = '', type = '', data = ''] = words
  if (/^(?:ssh|ecdsa|sk)-[a-z\d-]+/.test(hosts) && type.startsWith('AAAA'))
    return 'has no host before the key'
  if (data === '') return 'needs a host, a key type and a key'
  const bytes = Buffer.from(data, 'base64')
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0
  // The key itself holds its type (RFC 4253, 6.6).
  return bytes.subarray(4, 4 + length).toString('latin1') === type
    ? undefined
    : 'has a key that does not match its type, or is incomplete'
}
