/** Private keys for ssh, as users write them: above each the address that it opens. */
import { privateKeyFault } from './private-key.ts'
import { readSshAddress, type SshAddress } from './ssh-address.ts'

/** A private key and what it opens. */
export interface SshKey extends SshAddress {
  /** As ssh reads it: LF behind each line, the last one among them. */
  readonly key: string
}

/** The keys of a text. */
export interface ReadSshKeys {
  readonly keys: readonly SshKey[]
  /** Numbers of lines with an address and no key below, as there is none where the secret is empty. */
  readonly lacking: readonly number[]
  /** What is wrong, by the line's number; nothing of a line is in it that may be part of a key. */
  readonly faults: readonly string[]
}

/** Lines that are no address, and what people mean by them; the first that fits counts. */
const strange: readonly (readonly [pattern: RegExp, fault: string])[] = [
  [
    /-----BEGIN [A-Z\d ]*PRIVATE KEY-----\s*\S/,
    'holds a key that has lost its line breaks: store the secret as it is in its file',
  ],
  [
    /BEGIN (?:[A-Z\d]+ )*(?:PUBLIC KEY|CERTIFICATE)-*$|^(?:sk-)?(?:ssh|ecdsa)-[a-z\d-]+(?:@openssh\.com)? +AAAA/,
    'holds a public key: give the private one, whose file has no ending',
  ],
  [
    /^PuTTY-User-Key-File/,
    'holds a key in the format of PuTTY: export it as OpenSSH key, which `puttygen KEY.ppk -O private-openssh -o KEY` does',
  ],
  [/^LS0tLS1CRUdJTi/, 'holds a key in base64: store it as it is in its file'],
  [/-----BEGIN /, 'holds something else than a private key'],
]

/**
 * Reads private keys, each below a line with the address that it opens. Blank lines, and those that begin with `#`, count
 * for nothing.
 *
 * @param text in PEM or in OpenSSH's format, with whatever line ends
 */
export function readSshKeys(text: string): ReadSshKeys {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
  const keys: SshKey[] = []
  const lacking: number[] = []
  const faults: string[] = []
  /** The line that is above the next key; its address is wrong where it has none. */
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
          `the key in line ${number} has no address: write what it opens in the line above it, such as \`github.com/acme/lib\``,
        )
      } else if (above.address !== undefined) keys.push({ ...above.address, key: `${block.join('\n')}\n` })
      above = undefined
      isAfterFault = end === -1
      at = end === -1 ? at : end
      continue
    }
    // Some tools write what the curve is in front of the key.
    if (line === '-----BEGIN EC PARAMETERS-----') {
      at = Math.max(at, lines.indexOf('-----END EC PARAMETERS-----', at))
      continue
    }
    const meant = strange.find(([pattern]) => pattern.test(line))?.[1]
    const address = meant ?? readSshAddress(line)
    if (typeof address === 'string') {
      // What follows belongs to the same mistake.
      if (!isAfterFault) faults.push(`line ${number} ${address}`)
      isAfterFault = true
      above = meant === undefined ? { line: number, address: undefined } : undefined
      continue
    }
    isAfterFault = false
    if (above?.address !== undefined) lacking.push(above.line)
    const isTwice = keys.some(({ host, path }) => host === address.host && path === address.path)
    if (isTwice) faults.push(`line ${number} names an address that another key has`)
    above = { line: number, address: isTwice ? undefined : address }
  }
  if (above?.address !== undefined) lacking.push(above.line)
  return { keys, lacking, faults }
}

/** Shorter lines are too common to hide them, and too short to tell anything. */
const shortestMasked = 8

/** Every form of keys that could come up in a log, so that it can be masked: a log is masked line by line. */
export function sshSecrets(keys: readonly Pick<SshKey, 'key'>[]): readonly string[] {
  const forms = keys.flatMap(({ key }) => {
    const lines = key.split('\n').filter((line) => line.length >= shortestMasked && !line.startsWith('-----'))
    const whole = [key, key.trimEnd(), key.replaceAll('\n', '\r\n')]
    return [
      ...lines.flatMap((line) => [line, encodeURIComponent(line)]),
      ...whole.map((one) => Buffer.from(one).toString('base64')),
    ]
  })
  return [...new Set(forms)]
}
