import * as path from 'node:path'
import { environment } from '../system/environment.ts'
import { readText, writePrivateFile } from '../system/files.ts'
import { systemCertificates, trust } from '../system/trust.ts'
import { gitSetting } from './git-setting.ts'

/**
 * Lets git, the go command and this action trust certificates besides those that are trusted already: each variable
 * names one file that stands for all of them, so what it named before, or what the system trusts, comes first in it.
 *
 * @param certificates PEM texts
 * @param folder absolute path of an empty folder
 * @param configured what http.sslCAInfo of git names, which counts where its variable is not set; undefined for nothing
 * @returns variables to set; Go looks at its own on Unix systems other than macOS only (crypto/x509, root_unix.go)
 */
export function placeCertificates(
  certificates: readonly string[],
  folder: string,
  configured: string | undefined,
): Readonly<Record<string, string>> {
  const write = (name: string, usual: () => string) => {
    const file = path.join(folder, `${name.toLowerCase()}.pem`)
    const named = environment()[name] ?? ''
    const before = named === '' ? usual() : readText(named)
    writePrivateFile(file, `${[before?.trimEnd() ?? '', ...certificates].filter(Boolean).join('\n')}\n`)
    return file
  }
  const usualOfGit = () =>
    (configured === undefined ? undefined : readText(configured)) ?? systemCertificates()
  const forGit = write('GIT_SSL_CAINFO', usualOfGit)
  trust(certificates)
  return {
    SSL_CERT_FILE: write('SSL_CERT_FILE', systemCertificates),
    // Node trusts its own ones besides those in its variable.
    NODE_EXTRA_CA_CERTS: write('NODE_EXTRA_CA_CERTS', () => ''),
    // A variable cannot be unset for later steps, and an empty one git takes for a file.
    ...((environment().GIT_SSL_CAINFO ?? '') === ''
      ? gitSetting('http.sslCAInfo', forGit)
      : { GIT_SSL_CAINFO: forGit }),
  }
}
