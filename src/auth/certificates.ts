import { X509Certificate } from 'node:crypto'
import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import { gitSetting } from '../gocmd/go-env.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { fillJobTempDir } from '../platform/cleanup.ts'
import { processEnv } from '../platform/environment.ts'
import { readText, writePrivateFile } from '../platform/files.ts'
import { configuredPath } from '../platform/git.ts'
import { systemCertificates, trustCertificates } from '../platform/http.ts'
import { platform } from '../platform/machine.ts'
import * as runner from '../platform/runner.ts'
import { temporaryFolder } from '../platform/temp-dirs.ts'

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

/**
 * Lets git, the go command and this action trust certificates besides those that are trusted already: each variable
 * names one file that stands for all of them, so what it named before, or what the system trusts, comes first in it.
 *
 * @param certificates PEM texts
 * @param folder absolute path of an empty folder
 * @param configured what http.sslCAInfo of git names, which counts where its variable is not set; undefined for nothing
 * @returns variables to set; Go looks at its own on Unix systems other than macOS only (crypto/x509, root_unix.go)
 */
export function writeCertificateFiles(
  certificates: readonly string[],
  folder: string,
  configured: string | undefined,
): Readonly<Record<string, string>> {
  const write = (name: string, usual: () => string) => {
    const file = path.join(folder, `${name.toLowerCase()}.pem`)
    const named = processEnv()[name] ?? ''
    const before = named === '' ? usual() : readText(named)
    writePrivateFile(file, `${[before?.trimEnd() ?? '', ...certificates].filter(Boolean).join('\n')}\n`)
    return file
  }
  const usualOfGit = () =>
    (configured === undefined ? undefined : readText(configured)) ?? systemCertificates()
  const forGit = write('GIT_SSL_CAINFO', usualOfGit)
  trustCertificates(certificates)
  return {
    SSL_CERT_FILE: write('SSL_CERT_FILE', systemCertificates),
    // Node trusts its own ones besides those in its variable.
    NODE_EXTRA_CA_CERTS: write('NODE_EXTRA_CA_CERTS', () => ''),
    // A variable cannot be unset for later steps, and an empty one git takes for a file.
    ...((processEnv().GIT_SSL_CAINFO ?? '') === ''
      ? gitSetting('http.sslCAInfo', forGit)
      : { GIT_SSL_CAINFO: forGit }),
  }
}

/** The certificates that an input gives, or what is wrong with it. */
interface ReadCertificateInput {
  readonly certificates: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * Reads the input `ca-certificate`: PEM, or the path of a file with it.
 *
 * @param workspace absolute path of the checkout, which a relative path starts from
 */
export function readCertificateInput(
  { 'ca-certificate': given }: Pick<Inputs, 'ca-certificate'>,
  workspace: string,
): ReadCertificateInput {
  if (given === '') return { certificates: [], problems: [] }
  const isFile = !given.includes('-----BEGIN') && !/[\r\n]/.test(given)
  const text = isFile ? readText(path.resolve(workspace, given)) : given
  const read = text === undefined ? { fault: 'there is no such file' } : readCertificates(text)
  if ('certificates' in read) return { certificates: read.certificates, problems: [] }
  const what = isFile ? `is ${JSON.stringify(given)}, but ${read.fault}` : `cannot be used: ${read.fault}`
  return {
    certificates: [],
    problems: [
      {
        what: `Input \`ca-certificate\` ${what}`,
        allowed: 'certificates as PEM, or the path of a file with them',
        fix: 'Give the certificate of the authority, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.',
      },
    ],
  }
}

/**
 * Lets git, the go command and this action trust them.
 *
 * @returns variables for later steps; none where there are no certificates
 */
export async function configureCertificates(
  certificates: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  if (certificates.length === 0) return {}
  // Only jobs that bring certificates need what trusts them.
  if (platform() === 'darwin' || platform() === 'win32') {
    runner.warning(
      'The go command trusts what the system trusts, on macOS and Windows: input `ca-certificate` is for git and this action alone there. Put the certificate into the system’s store.',
    )
  }
  const configured = await configuredPath('http.sslCAInfo', temporaryFolder())
  return fillJobTempDir('certificates', (folder) => writeCertificateFiles(certificates, folder, configured))
}
