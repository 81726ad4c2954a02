/** Host keys, as a known_hosts file has them (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */

/** The lines of a text. */
export interface ReadKnownHosts {
  /** Those that count. */
  readonly lines: readonly string[]
  /** What is wrong, by the line's number; nothing of a line is in it. */
  readonly faults: readonly string[]
}

/**
 * Reads lines such as `git.example.com ssh-ed25519 AAAA…` and `[git.example.com]:2222 ssh-ed25519 AAAA…`.
 *
 * @param text with whatever line ends; blank lines, and those that begin with `#`, count for nothing
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
    // What follows are its other lines.
    if (line.includes('PRIVATE KEY')) break
  }
  return { lines, faults }
}

function lineFault(line: string): string | undefined {
  if (line.includes('PRIVATE KEY')) return 'holds a private key, which belongs into `ssh-private-key`'
  if (/\b(?:SHA256:|MD5:(?:[\da-f]{2}:))/.test(line)) {
    return 'holds a fingerprint, which is there to compare a key with: `ssh-keyscan HOST` prints the key'
  }
  const words = line.split(/[ \t]+/)
  const marker = line.startsWith('@') ? words.shift() : undefined
  if (marker !== undefined && marker !== '@cert-authority' && marker !== '@revoked') {
    return 'begins with a marker that is none'
  }
  const [hosts = '', type = '', data = ''] = words
  if (/^(?:ssh|ecdsa|sk)-[a-z\d-]+/.test(hosts) && type.startsWith('AAAA'))
    return 'lacks the host in front of the key'
  if (data === '') return 'has less than host, kind of key and key'
  const bytes = Buffer.from(data, 'base64')
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0
  // A key says of what kind it is (RFC 4253, 6.6).
  return bytes.subarray(4, 4 + length).toString('latin1') === type
    ? undefined
    : 'has a key that is not of the kind in front of it, or is not whole'
}
