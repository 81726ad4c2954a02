import { X509Certificate } from 'node:crypto'
import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { GoEnv } from '../gocmd/index.ts'
import type { Inputs } from '../inputs/index.ts'
import { systemCertificates, trustCertificates } from '../platform/certificates.ts'
import type { Cleanup } from '../platform/cleanup.ts'
import { gitSetting, type Variables, withVariables } from '../platform/environment.ts'
import { readText, writePrivateFile } from '../platform/files.ts'
import { configuredPath, gitOutside } from '../platform/git.ts'
import { platform } from '../platform/machine.ts'
import * as runner from '../platform/runner.ts'
import { temporaryFolder } from '../platform/temp-dirs.ts'

/**
 * Reads certificates as PEM (RFC 7468) and skips the text between them.
 *
 * @param text one or more certificates
 * @returns the certificates, one text each, or a fault that quotes nothing of the text
 */
export function readCertificates(
  text: string,
): { readonly certificates: readonly string[] } | { readonly fault: string } {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return { fault: 'it contains a private key, which must stay on the server' }
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) return { fault: 'it contains no certificate' }
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block)
    } catch {
      return { fault: `certificate ${index + 1} in it cannot be read` }
    }
  }
  return { certificates: blocks }
}

/** How git finds the certificates that it trusts. */
interface GitTrust {
  /** The file that http.sslCAInfo names; undefined for none. */
  readonly file: string | undefined
  /**
   * Whether git ignores GIT_SSL_CAINFO and http.sslCAInfo, and trusts the system's store. It does so with Windows' own
   * TLS, unless http.schannelUseSSLCAInfo is true (git-config(1)).
   */
  readonly ignoresFiles: boolean
}

/**
 * Lets git, the go command and this action trust more certificates. Each variable names one file that replaces all
 * other sources. The new file therefore starts with the certificates of the previous file or of the system.
 *
 * On Windows git may use Windows' own TLS, and then reads a file only if it is told to. How it checks for revoked
 * certificates stays as it is: by default, Git for Windows accepts an authority without a revocation list.
 *
 * @param certificates PEM texts
 * @param folder absolute path of an empty folder
 * @param git what git trusts now
 * @param variables the current variables
 * @param system the system, as in `process.platform`
 * @returns variables to set; Go reads SSL_CERT_FILE on Unix systems except macOS (crypto/x509, root_unix.go)
 */
export function writeCertificateFiles(
  certificates: readonly string[],
  folder: string,
  git: GitTrust,
  variables: Variables,
  system: string = platform(),
): Readonly<Record<string, string>> {
  const write = (name: string, before: string | undefined) => {
    const file = path.join(folder, `${name.toLowerCase()}.pem`)
    writePrivateFile(file, `${[before?.trimEnd() ?? '', ...certificates].filter(Boolean).join('\n')}\n`)
    return file
  }
  const named = (name: string, fallback: () => string) => {
    const file = variables[name] ?? ''
    return file === '' ? fallback() : readText(file)
  }
  const gitFallback = () => (git.file === undefined ? undefined : readText(git.file)) ?? systemCertificates()
  const forGit = write(
    'GIT_SSL_CAINFO',
    git.ignoresFiles ? systemCertificates() : named('GIT_SSL_CAINFO', gitFallback),
  )
  trustCertificates(certificates)
  const schannel = system === 'win32' ? gitSetting(variables, 'http.schannelUseSSLCAInfo', 'true') : {}
  return {
    SSL_CERT_FILE: write('SSL_CERT_FILE', named('SSL_CERT_FILE', systemCertificates)),
    // Node trusts its built-in certificates in addition to those of this variable.
    NODE_EXTRA_CA_CERTS: write(
      'NODE_EXTRA_CA_CERTS',
      named('NODE_EXTRA_CA_CERTS', () => ''),
    ),
    ...schannel,
    // A variable cannot be unset for later steps, and git treats an empty value as a file name.
    ...((variables.GIT_SSL_CAINFO ?? '') === ''
      ? gitSetting(withVariables(variables, schannel), 'http.sslCAInfo', forGit)
      : { GIT_SSL_CAINFO: forGit }),
  }
}

/**
 * Detects how git finds the certificates that it trusts.
 *
 * @param folder absolute path in which git runs
 */
export async function detectGitTrust(folder: string, variables: Variables): Promise<GitTrust> {
  const setting = async (...args: readonly string[]) =>
    (await gitOutside(folder, ['config', ...args], variables))?.stdout.trim() ?? ''
  const [file, backend, usesFiles] = await Promise.all([
    configuredPath('http.sslCAInfo', folder, variables),
    setting('--get', 'http.sslBackend'),
    setting('--type=bool', '--get', 'http.schannelUseSSLCAInfo'),
  ])
  return { file, ignoresFiles: backend === 'schannel' && usesFiles !== 'true' }
}

/** The certificates of the input `ca-certificate`, or its problems. */
interface ReadCertificateInput {
  readonly certificates: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * Reads the input `ca-certificate`: PEM text, or the path of a PEM file.
 *
 * @param workspace absolute path of the checkout, the base of a relative path
 */
export function readCertificateInput(
  { 'ca-certificate': given }: Pick<Inputs, 'ca-certificate'>,
  workspace: string,
): ReadCertificateInput {
  if (given === '') return { certificates: [], problems: [] }
  const isFile = !given.includes('-----BEGIN') && !/[\r\n]/.test(given)
  const text = isFile ? readText(path.resolve(workspace, given)) : given
  const read = text === undefined ? { fault: 'that file does not exist' } : readCertificates(text)
  if ('certificates' in read) return { certificates: read.certificates, problems: [] }
  const what = isFile ? `is ${JSON.stringify(given)}, but ${read.fault}` : `cannot be used: ${read.fault}`
  return {
    certificates: [],
    problems: [
      {
        what: `Input \`ca-certificate\` ${what}`,
        allowed: 'certificates in PEM format, or the path of a PEM file',
        fix: 'Use the certificate of the certificate authority, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.',
      },
    ],
  }
}

/**
 * Lets git, the go command and this action trust certificates.
 *
 * @returns the variables that point to the files; empty if there are no certificates
 */
export async function configureCertificates(
  certificates: readonly string[],
  { variables }: GoEnv,
  cleanup: Cleanup,
): Promise<Readonly<Record<string, string>>> {
  if (certificates.length === 0) return {}
  // Only jobs with certificates get the warning.
  if (platform() === 'darwin' || platform() === 'win32') {
    runner.warning(
      'On macOS and Windows, the go command trusts only the certificates of the system: input `ca-certificate` affects only git and this action. Add the certificate to the system’s store.',
    )
  }
  const git = await detectGitTrust(temporaryFolder(), variables)
  return cleanup.fillDir('certificates', variables, (folder) =>
    writeCertificateFiles(certificates, folder, git, variables),
  )
}
