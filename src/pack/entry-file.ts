import { close, errorCode, openToRead, statusOf } from '../system/sync-files.ts'
import { PackDamaged } from './damaged.ts'

/** A file of an entry, open for reading. */
export interface EntryFile {
  readonly fd: number
  /** Length in bytes. */
  readonly length: number
}

/**
 * Opens a file of an entry, hands it on and closes it.
 *
 * @param file absolute path
 * @param name what errors call it
 * @param use what is done with it
 * @throws PackDamaged when there is no such file, or something else is in its place
 */
export function withEntryFile<T>(file: string, name: string, use: (file: EntryFile) => T): T {
  const fd = open(file, name)
  try {
    const status = statusOf(fd)
    if (!status.isFile()) throw new PackDamaged(`${name} is not a file`)
    return use({ fd, length: status.size })
  } finally {
    close(fd)
  }
}

function open(file: string, name: string): number {
  try {
    return openToRead(file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new PackDamaged(`${name} is missing`)
    if (errorCode(error) === 'ELOOP') throw new PackDamaged(`${name} is a link`)
    throw error
  }
}
