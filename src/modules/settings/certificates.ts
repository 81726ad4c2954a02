import { X509Certificate } from 'node:crypto'

/**
 * Reads certificates as PEM (RFC 7468); what stands between them is left out.
 *
 * @param text one or more certificates
 * @returns each by itself, or what is wrong, in words that hold nothing of the text
 */
export function readCertificates(
  text: string,
): { readonly certificates: readonly string[] } | { readonly fault: string } {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return { fault: 'it holds a private key, which belongs nowhere but on the server' }
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) return { fault: 'there is no certificate in it' }
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block)
    } catch {
      return { fault: `certificate ${index + 1} in it cannot be read` }
    }
  }
  return { certificates: blocks }
}
