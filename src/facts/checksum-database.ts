import type { ChecksumDatabase } from '../modules/settings/gosumdb.ts'
import { run } from '../system/run.ts'

/**
 * The checksum database as the go command has it, with the default of the one that is installed.
 *
 * @param directory absolute path of where it runs
 * @param gosumdb GOSUMDB as it will be; empty when it is not set
 * @returns undefined where no go command says it
 */
export async function lookAtChecksumDatabase(
  directory: string,
  gosumdb: string,
): Promise<ChecksumDatabase | undefined> {
  const [first, address] = gosumdb.split(/\s+/).filter(Boolean)
  if (first?.includes('+') || first === 'off') return { key: first, hasAddress: address !== undefined }
  const environment = { GOTOOLCHAIN: 'local', GOENV: 'off', GOSUMDB: '' }
  const ran = await run('go', ['env', 'GOSUMDB'], { cwd: directory, environment })
  const usual = ran?.code === 0 ? ran.stdout.trim() : ''
  if (usual === '') return undefined
  // Go knows one more name, which is the same database at an address of its own (cmd/go/internal/modfetch/sumdb.go, dbDial).
  return { key: usual, hasAddress: address !== undefined || (first !== undefined && first !== usual) }
}
