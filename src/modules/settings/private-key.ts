/** What a private key looks like that ssh can use by itself. */
import { createPrivateKey } from 'node:crypto'

const passphrase =
  'has a passphrase, which nobody can type here: `ssh-keygen -p -N "" -f FILE` takes it off a copy of it'
const unreadable = 'cannot be read: it is not whole, or was changed on its way'

/**
 * What keeps ssh from using a private key.
 *
 * @param label what stands between BEGIN and PRIVATE KEY, with a blank behind it, such as `OPENSSH `
 * @param block all its lines
 * @returns words that follow its name and hold nothing of it; undefined for a good one
 */
export function privateKeyFault(label: string, block: readonly string[]): string | undefined {
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

/** OpenSSH's own format (openssh-portable, PROTOCOL.key). */
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
  const [known, secret] = [field(), field()]
  const isWhole = count === 1 && known !== undefined && secret !== undefined && secret.length > 8
  // Two numbers that are the same tell that what follows is what was written.
  return isWhole && secret.readUInt32BE(0) === secret.readUInt32BE(4) ? undefined : unreadable
}
