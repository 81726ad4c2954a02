import * as fs from 'node:fs'

/** The system this runs on, as `process.platform` says it. */
export const platform: string = process.platform

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
const unreadable: readonly string[] = [
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
 * Reads a text file that another program may have put there; undefined when it is no file, is longer than expected, or
 * cannot be read. A link is not followed.
 *
 * @param most length in bytes
 */
export function readTextUpTo(file: string, most: number): string | undefined {
  const fd = openIfReadable(file)
  if (fd === undefined) return undefined
  try {
    const status = fs.fstatSync(fd)
    if (!status.isFile() || status.size > most) return undefined
    const bytes = Buffer.alloc(status.size)
    return bytes.toString('utf8', 0, read(fd, bytes, 0, bytes.length))
  } finally {
    fs.closeSync(fd)
  }
}

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
export function sync(fd: number): void {
  fs.fsyncSync(fd)
}

/** Closes what `openToRead` or `createFile` opened. */
export function close(fd: number): void {
  fs.closeSync(fd)
}

/** Size, times and kind of an open file. */
export function statusOf(fd: number): fs.Stats {
  return fs.fstatSync(fd)
}

/** Size, times and kind of what is at a path, without following a link; undefined when nothing is there. */
export function statusAt(file: string): fs.Stats | undefined {
  return fs.lstatSync(file, { throwIfNoEntry: false })
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

/** Sets a directory's times, in seconds since 1970. */
export function setDirectoryTime(directory: string, seconds: number): void {
  fs.utimesSync(directory, seconds, seconds)
}

/** Sets permission bits. */
export function setMode(file: string, mode: number): void {
  fs.chmodSync(file, mode)
}

/**
 * Names of what is in a directory, in the order of their UTF-16 code units on every system; none when
 * there is no such directory.
 */
export function namesIn(directory: string): readonly string[] {
  try {
    return fs.readdirSync(directory).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return []
    throw error
  }
}

/** The same for a directory that another program may have put there: none when it cannot be read, either. */
export function namesIfReadable(directory: string): readonly string[] {
  try {
    return namesIn(directory)
  } catch (error) {
    if (unreadable.includes(errorCode(error) ?? '')) return []
    throw error
  }
}

/** Creates a directory in one that exists. Whatever is there already makes it throw EEXIST. */
export function createDirectory(directory: string): void {
  fs.mkdirSync(directory, 0o755)
}

/** Makes sure that a directory is there, and those above it. */
export function ensureDirectory(directory: string): void {
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 })
}

/**
 * Makes sure that a directory is there and empty.
 *
 * @throws when it holds something, or when a link or a file is in its place
 */
export function ensureEmptyDirectory(directory: string): void {
  ensureDirectory(directory)
  if (!fs.lstatSync(directory).isDirectory()) throw new Error(`${directory} is not a directory`)
  if (fs.readdirSync(directory).length > 0) throw new Error(`${directory} is not empty`)
}

/** Moves a file within its file system. */
export function rename(from: string, to: string): void {
  fs.renameSync(from, to)
}

/** Removes a file. */
export function removeFile(file: string): void {
  fs.unlinkSync(file)
}

/** Removes a file; nothing happens where there is none. */
export function removeIfThere(file: string): void {
  fs.rmSync(file, { force: true })
}

/** Removes a directory if it is empty, and tells whether it was. */
export function removeIfEmpty(directory: string): boolean {
  if (fs.readdirSync(directory).length > 0) return false
  fs.rmdirSync(directory)
  return true
}

/** Code of an error that the system gave, such as ENOENT; undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code
}
