import * as fs from 'node:fs'

/**
 * Opens a file for reading. It does not follow a link at the end of the path, nor block on a named pipe (where the
 * system has O_NOFOLLOW and O_NONBLOCK).
 *
 * @returns the file descriptor
 */
export function openToRead(file: string): number {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
  return fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
}

/** Opens a file for reading; undefined when it is gone or unreadable, because other programs may change it. */
export function openIfReadable(file: string): number | undefined {
  try {
    return openToRead(file)
  } catch (error) {
    if (unreadable.includes(errorCode(error) ?? '')) return undefined
    throw error
  }
}

/** Error codes for a disk or a process that is out of something, or may not write. The files themselves may be right. */
const machineCodes: readonly string[] = [
  'EACCES',
  'EBUSY',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'EPERM',
  'EROFS',
]

/** Reports whether an error is about this machine, and not about what was to be written. From any thread. */
export function isMachineError(error: unknown): boolean {
  return machineCodes.includes(errorCode(error) ?? '')
}

/** Error codes for something that is gone, not for this user, or not a file (ENXIO for a socket). */
export const unreadable: readonly string[] = [
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EACCES',
  'EPERM',
  'EISDIR',
  'ENXIO',
  'EOPNOTSUPP',
]

/**
 * Creates a file for writing. Throws EEXIST when anything is there already, a link included.
 *
 * @param mode permission bits, reduced by the umask
 * @returns the file descriptor
 */
export function createFile(file: string, mode = 0o644): number {
  return fs.openSync(file, 'wx', mode)
}

/** Opens an existing file for writing and keeps its content. */
export function openToWrite(file: string): number {
  return fs.openSync(file, 'r+')
}

/** Waits until what was written to an open file is on disk. */
export function fsync(fd: number): void {
  fs.fsyncSync(fd)
}

/** Closes what `openToRead` or `createFile` opened. */
export function close(fd: number): void {
  fs.closeSync(fd)
}

/** Returns size, times and kind of an open file. */
export function fstat(fd: number): fs.Stats {
  return fs.fstatSync(fd)
}

/**
 * Reads until the length is reached or the file ends.
 *
 * @param offset position in the buffer for the first byte
 * @param length number of bytes
 * @param position position in the file, in bytes; undefined for the current one
 * @returns the number of bytes read
 */
export function read(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position?: number,
): number {
  let done = 0
  while (done < length) {
    const at = position === undefined ? null : position + done
    const count = fs.readSync(fd, buffer, offset + done, length - done, at)
    if (count === 0) break
    done += count
  }
  return done
}

/** Writes all bytes at the current position of a file. */
export function write(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, null)
}

/** Writes all bytes at a position in a file, in bytes. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done)
}

/** Truncates an open file to a length, in bytes. */
export function truncate(fd: number, length: number): void {
  fs.ftruncateSync(fd, length)
}

/** Sets an open file's times, in seconds since 1970. */
export function setFileTime(fd: number, seconds: number): void {
  fs.futimesSync(fd, seconds, seconds)
}

/** Returns the code of a system error, such as ENOENT; undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code
}
