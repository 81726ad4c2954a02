import { X509Certificate } from 'node:crypto'
import * as tls from 'node:tls'
import { now } from './clock.ts'
import { readText } from './files.ts'
import { platform } from './machine.ts'

/**
 * Returns the files with the certificates that a system trusts, the first existing one counts. Linux distributions have
 * one of them (crypto/x509/root_linux.go of Go), and git on macOS reads the last one. Windows has none: there `/etc` is
 * a folder of the current drive, in which any user may create files.
 *
 * @param system the system, as in `process.platform`
 */
export function certificateFiles(system: NodeJS.Platform): readonly string[] {
  if (system === 'win32') return []
  return [
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/pki/tls/certs/ca-bundle.crt',
    '/etc/ssl/ca-bundle.pem',
    '/etc/pki/tls/cacert.pem',
    '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
    '/etc/ssl/cert.pem',
  ]
}

/**
 * Maximum length of the certificates of Windows, in bytes. With Windows' own TLS, git reads no file of more than 1 MiB
 * (lib/vtls/schannel_verify.c of curl, MAX_CAFILE_SIZE). The rest is for the certificates of the user.
 */
const maxStoreBytes = 900 * 1024

/** Returns the certificates that this system trusts, as PEM; where they are unknown, those bundled with Node. */
export function systemCertificates(): string {
  for (const file of certificateFiles(platform())) {
    const text = readText(file)
    if (text !== undefined) return text
  }
  const [own, bundled] = [tls.getCACertificates('system'), tls.getCACertificates('bundled')]
  if (platform() === 'win32') return joinStores([own, bundled], now(), maxStoreBytes)
  return (own.length > 0 ? own : bundled).join('\n')
}

/**
 * Joins the certificates of stores, each once and without expired ones. Windows needs more than its own store, because
 * it adds the roots of public authorities to the store only when a program first meets them.
 *
 * @param stores PEM texts, the most important store first
 * @param at the current time, in milliseconds since 1970
 * @param maxBytes maximum length of the result; what exceeds it is dropped
 */
export function joinStores(stores: readonly (readonly string[])[], at: number, maxBytes: number): string {
  const chosen = new Map<string, string>()
  let bytes = 0
  for (const pem of stores.flat()) {
    const certificate = parsed(pem)
    if (certificate === undefined || chosen.has(certificate.fingerprint256)) continue
    const text = pem.trim()
    if (Date.parse(certificate.validTo) < at || bytes + text.length + 1 > maxBytes) continue
    bytes += text.length + 1
    chosen.set(certificate.fingerprint256, text)
  }
  return [...chosen.values()].join('\n')
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    // The store may hold certificates that OpenSSL cannot read.
    return undefined
  }
}

/** Adds certificates to those that this process trusts. */
export function trustCertificates(certificates: readonly string[]): void {
  // Since Node 24.5; an older Node keeps its default certificates.
  tls.setDefaultCACertificates?.([...tls.getCACertificates('default'), ...certificates])
}
