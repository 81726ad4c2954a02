import * as fs from 'node:fs'

/**
 * Opens a file for reading, if it is one: a link at the end of the path is not followed, and nobody waits for the other
 * end of a named pipe (where the system knows O_NOFOLLOW and O_NONBLOCK).
 */
export function openToRead(file: string): number {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
  return fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
}

/** Opens a file for reading; undefined when it is gone, or cannot be read as a file: others may be at work around it. */
export function openIfReadable(file: string): number | undefined {
  try {
    return openToRead(file)
  } catch (error) {
    if (unreadable.includes(errorCode(error) ?? '')) return undefined
    throw error
  }
}

/** What the system says of something that is gone, is not for this user, or is no file: ENXIO of a socket. */
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
 * Creates a file for writing. Whatever is there already, a link included, makes it throw EEXIST.
 *
 * @param mode permission bits, reduced by the umask
 */
export function createFile(file: string, mode = 0o644): number {
  return fs.openSync(file, 'wx', mode)
}

/** Opens a file that is there for writing; what is in it stays. */
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

/** Size, times and kind of an open file. */
export function fstat(fd: number): fs.Stats {
  return fs.fstatSync(fd)
}

/**
 * Reads until so many bytes are read or the file ends.
 *
 * @param offset where in the buffer the bytes go
 * @param position where in the file they are; undefined: on from where it stands
 * @returns how many bytes were read
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

/** Writes all of some bytes to where the file stands. */
export function write(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, null)
}

/** Writes all of some bytes at a position, in bytes. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done)
}

/** Cuts an open file off at a length, in bytes. */
export function truncate(fd: number, length: number): void {
  fs.ftruncateSync(fd, length)
}

/** Sets an open file's times, in seconds since 1970. */
export function setFileTime(fd: number, seconds: number): void {
  fs.futimesSync(fd, seconds, seconds)
}

/** Code of an error that the system gave, such as ENOENT; undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code
}
