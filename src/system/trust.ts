import * as tls from 'node:tls'
import { readText } from './files.ts'

/** Where Linux systems, and macOS for git, have what they trust (crypto/x509/root_linux.go and root_bsd.go of Go). */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** The certificates that this system trusts, as PEM; where it does not tell, those that Node brings. */
export function systemCertificates(): string {
  for (const bundle of bundles) {
    const text = readText(bundle)
    if (text !== undefined) return text
  }
  const own = tls.getCACertificates('system')
  return (own.length > 0 ? own : tls.getCACertificates('bundled')).join('\n')
}

/** Lets this process trust certificates besides those that it trusts already. */
export function trust(certificates: readonly string[]): void {
  // Since Node 24.5; an older one trusts the system's alone.
  tls.setDefaultCACertificates?.([...tls.getCACertificates('default'), ...certificates])
}
