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
 * @param directory the entry's folder
 * @param name the file's name in it
 * @param use what is done with it
 * @throws PackDamaged when there is no such file, or something else is in its place
 */
export function withEntryFile<T>(directory: string, name: string, use: (file: EntryFile) => T): T {
  const fd = open(directory, name)
  try {
    const status = statusOf(fd)
    if (!status.isFile()) throw new PackDamaged(`${name} is not a file`)
    return use({ fd, length: status.size })
  } finally {
    close(fd)
  }
}

function open(directory: string, name: string): number {
  try {
    return openToRead(`${directory}/${name}`)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new PackDamaged(`${name} is missing`)
    if (errorCode(error) === 'ELOOP') throw new PackDamaged(`${name} is a link`)
    throw error
  }
}
