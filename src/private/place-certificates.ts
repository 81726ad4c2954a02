import * as path from 'node:path'
import { environment } from '../system/environment.ts'
import { readText, writePrivateFile } from '../system/files.ts'
import { systemCertificates, trust } from '../system/trust.ts'

/**
 * Lets git, the go command and this action trust certificates besides those that are trusted already: each variable
 * names one file that stands for all of them, so what it named before, or what the system trusts, comes first in it.
 *
 * @param certificates PEM texts
 * @param folder absolute path of an empty folder
 * @returns variables to set; Go looks at its own on Unix systems other than macOS only (crypto/x509, root_unix.go)
 */
export function placeCertificates(
  certificates: readonly string[],
  folder: string,
): Readonly<Record<string, string>> {
  const variables = ['SSL_CERT_FILE', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS']
  // Node trusts its own ones besides those in its variable.
  const bases = [systemCertificates, systemCertificates, () => '']
  trust(certificates)
  return Object.fromEntries(
    variables.map((name, index) => {
      const file = path.join(folder, `${name.toLowerCase()}.pem`)
      const named = environment()[name] ?? ''
      const before = named === '' ? bases[index]?.() : readText(named)
      writePrivateFile(file, `${[before?.trimEnd() ?? '', ...certificates].filter(Boolean).join('\n')}\n`)
      return [name, file] as const
    }),
  )
}
