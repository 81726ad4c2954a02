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
  const [first, address] = fieldsOf(gosumdb)
  if (first?.includes('+') || first === 'off') return { key: first, hasAddress: address !== undefined }
  const environment = { GOTOOLCHAIN: 'local', GOENV: 'off', GOSUMDB: '' }
  const ran = await run('go', ['env', 'GOSUMDB'], { cwd: directory, environment })
  // What `$GOROOT/go.env` says may be anything that GOSUMDB may be.
  const [usual, usualAddress] = ran?.code === 0 ? fieldsOf(ran.stdout) : []
  if (usual === undefined) return undefined
  if (first === undefined) return { key: usual, hasAddress: usualAddress !== undefined }
  if (usual.includes('+') || usual === 'off') return { key: first, hasAddress: true }
  // Go knows one more name, which is the same database at an address of its own (cmd/go/internal/modfetch/sumdb.go, dbDial).
  return { key: usual, hasAddress: address !== undefined || first !== usual }
}

function fieldsOf(gosumdb: string): readonly string[] {
  return gosumdb.split(/\s+/).filter(Boolean)
}
