import * as path from 'node:path'
import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import { readCertificates } from '../modules/settings/certificates.ts'
import { platform, temporaryFolder } from '../system/environment.ts'
import { readText } from '../system/files.ts'
import { configuredPath } from '../system/git.ts'
import * as runner from '../system/runner.ts'
import { fillOwnFolder } from './own-folder.ts'

/** The certificates that an input gives, or what is wrong with it. */
export interface FoundCertificates {
  readonly certificates: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * Reads the input `ca-certificate`: PEM, or the path of a file with it.
 *
 * @param workspace absolute path of the checkout, which a relative path starts from
 */
export function findCertificates(
  { 'ca-certificate': given }: Pick<Inputs, 'ca-certificate'>,
  workspace: string,
): FoundCertificates {
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
        mend: 'Give the certificate of the authority, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.',
      },
    ],
  }
}

/**
 * Lets git, the go command and this action trust them.
 *
 * @returns variables for later steps; none where there are no certificates
 */
export async function installCertificates(
  certificates: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  if (certificates.length === 0) return {}
  // Only jobs that bring certificates need what trusts them.
  const { placeCertificates } = await import('../private/place-certificates.ts')
  if (platform() === 'darwin' || platform() === 'win32') {
    runner.warning(
      'The go command trusts what the system trusts, on macOS and Windows: input `ca-certificate` is for git and this action alone there. Put the certificate into the system’s store.',
    )
  }
  const configured = await configuredPath('http.sslCAInfo', temporaryFolder())
  return fillOwnFolder('certificates', (folder) => placeCertificates(certificates, folder, configured))
}
