import { onTestFinished } from 'vitest'
import { type ChecksumDatabase, startChecksumDatabase } from '../../testbed/checksum-database.ts'
import { writeFiles } from '../temporary.ts'

/**
 * Starts a checksum database with one record of one module, whether it is true or not; it ends with the test.
 *
 * @param folder absolute; must not exist
 * @param module `path@version` that the record is about
 * @param lines go.sum lines of that record
 */
export async function startDatabaseOf(
  folder: string,
  module: string,
  lines: string,
): Promise<ChecksumDatabase> {
  writeFiles(folder, { [`${module.replace('@', '/@v/')}.sum`]: lines })
  const database = await startChecksumDatabase(folder)
  onTestFinished(database.stop)
  return database
}
