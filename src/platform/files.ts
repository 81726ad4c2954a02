import * as fs from 'node:fs'
import * as path from 'node:path'
import { errorCode, openIfReadable, read, unreadable } from './open-files.ts'
import { makeTreeWritable } from './permissions.ts'
import { renamePatiently } from './rename.ts'
import { debug } from './runner.ts'

/** Reads a text file; undefined when there is none. */
export function readText(file: string): string | undefined {
  return unlessAbsent(() => fs.readFileSync(file, 'utf8'))
}

/** Reads a file; undefined when there is none. */
export function readBytes(file: string): Buffer | undefined {
  return unlessAbsent(() => fs.readFileSync(file))
}

/** Writes a file, and creates the directories above it. */
export function writeFile(file: string, content: string | Uint8Array): void {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, content)
}

/** Replaces a file as a whole: readers never see a partial file, and a link is not followed. */
export function replaceFile(file: string, content: string): void {
  const staged = `${file}.${process.pid}.new`
  writeFile(staged, content)
  try {
    renamePatiently(staged, file)
  } catch (error) {
    removeIfPossible(staged)
    throw error
  }
}

/** Returns size, times and kind of what is at a path, without following a link; undefined when nothing is there. */
export function lstat(file: string): fs.Stats | undefined {
  // As of Node 24, a file in the place of a parent directory is an error.
  return unlessAbsent(() => fs.lstatSync(file, { throwIfNoEntry: false }))
}

/** Whether a path is a directory, following links. */
export function isDirectory(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Whether a path is a file, following links. */
export function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
}

/**
 * Resolves the links in a path. An absent path is only made absolute. On Windows and macOS the result has the names as
 * they are on disk, so that real paths can be compared: `d:\\RUNNER~1` becomes `D:\\runneradmin`.
 */
export function realPath(file: string): string {
  return unlessAbsent(() => diskPath(file)) ?? path.resolve(file)
}

function diskPath(file: string): string {
  try {
    return fs.realpathSync.native(file)
  } catch (error) {
    // Some drives of Windows, such as RAM disks, have no final path.
    if (process.platform !== 'win32') throw error
    return fs.realpathSync(file)
  }
}

/**
 * Whether a path is a folder or below it. It compares names only, so pass real paths where links matter.
 *
 * @param folder absolute path
 * @param target absolute path
 * @param paths path functions of the system that the paths are from
 */
export function isWithin(folder: string, target: string, paths: path.PlatformPath = path): boolean {
  const relative = paths.relative(folder, target)
  // On Windows there is no relative path to another drive.
  return relative !== '..' && !relative.startsWith(`..${paths.sep}`) && !paths.isAbsolute(relative)
}

/** Whether this user may create and remove files in a directory. Windows only checks the read-only attribute. */
export function isWritable(directory: string): boolean {
  try {
    fs.accessSync(directory, fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Lists a directory, sorted by name; empty when there is no such directory. */
export function entriesOf(directory: string): readonly fs.Dirent[] {
  const entries = unlessAbsent(() => fs.readdirSync(directory, { withFileTypes: true })) ?? []
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Lists what is in a directory and those below it, without the directories themselves. Links are not followed.
 *
 * @param directory absolute path; an absent directory counts as empty
 * @returns paths relative to it, with `/`
 */
export function filesBelow(directory: string): readonly string[] {
  return entriesOf(directory).flatMap((entry) =>
    entry.isDirectory()
      ? filesBelow(path.join(directory, entry.name)).map((file) => `${entry.name}/${file}`)
      : [entry.name],
  )
}

/** Creates a directory and those above it. */
export function makeDirectory(directory: string): void {
  fs.mkdirSync(directory, { recursive: true })
}

/** Creates a directory that only this user can enter, with a random suffix to its name. */
export function makePrivateDirectory(prefix: string): string {
  fs.mkdirSync(path.dirname(prefix), { recursive: true })
  return fs.mkdtempSync(prefix)
}

/** Writes a new file that only this user can read; on Windows the folder's permissions count (permissions.ts). */
export function writePrivateFile(file: string, content: string): void {
  fs.writeFileSync(file, content, { mode: 0o600, flag: 'wx' })
}

/** Removes the write permission of what is at a path. */
export function makeReadOnly(file: string): void {
  fs.chmodSync(file, fs.statSync(file).mode & 0o555)
}

/**
 * Moves a file or a directory to an absent path.
 *
 * @param move moves it; by default within one file system
 * @returns false when something is there already, which stays unchanged
 * @throws the system's error when the move fails for another reason
 */
export function moveIfAbsent(
  from: string,
  to: string,
  move: (from: string, to: string) => void = renamePatiently,
): boolean {
  if (lstat(to) !== undefined) return false
  try {
    move(from, to)
    return true
  } catch (error) {
    // Another process was faster. Windows reports EPERM or EACCES where others report EEXIST or ENOTEMPTY.
    if (lstat(to) !== undefined) return false
    throw error
  }
}

/**
 * Moves a file or a directory tree to an absent path, also to another file system. It appears under its name only when
 * it is complete.
 *
 * @throws the system's error when the move fails
 */
export function moveTree(from: string, to: string): void {
  try {
    renamePatiently(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    const staged = `${to}.moving-${process.pid}`
    try {
      fs.cpSync(from, staged, { recursive: true, verbatimSymlinks: true })
      renamePatiently(staged, to)
    } finally {
      removeIfPossible(staged)
    }
    removeIfPossible(from)
  }
}

/** Removes a file or a tree that is no longer needed. A failure only produces debug output. */
export function removeIfPossible(target: string): void {
  try {
    remove(target)
  } catch (error) {
    debug(`${target} is not removed: ${(error as Error).message}`)
  }
}

/** Removes a file or a whole tree, read-only directories included. Does nothing when it is absent. */
export function remove(target: string): void {
  try {
    fs.rmSync(target, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    if (lstat(target)?.isDirectory() === true) makeTreeWritable(target, 'directories')
    fs.rmSync(target, { recursive: true, force: true, maxRetries: 3 })
  }
}

function unlessAbsent<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/**
 * Reads a text file that another program may have put there. A link is not followed.
 *
 * @param most maximum length in bytes
 * @returns undefined when it is not a file, is longer than `most`, or cannot be read
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
 * Returns the same as `lstat`, but throws when a file is in the place of a parent directory, or links form a circle.
 */
export function lstatIn(file: string): fs.Stats | undefined {
  return fs.lstatSync(file, { throwIfNoEntry: false })
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
 * Lists the names in a directory, in the order of their UTF-16 code units on every system; empty when there is no such
 * directory.
 */
export function namesIn(directory: string): readonly string[] {
  try {
    return fs.readdirSync(directory).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return []
    throw error
  }
}

/** Lists names as `namesIn` does, for a directory of another program: empty also when it cannot be read. */
export function namesIfReadable(directory: string): readonly string[] {
  try {
    return namesIn(directory)
  } catch (error) {
    if (unreadable.includes(errorCode(error) ?? '')) return []
    throw error
  }
}

/** Creates a directory in an existing one. Throws EEXIST when anything is there already. */
export function createDirectory(directory: string): void {
  fs.mkdirSync(directory, 0o755)
}

/** Makes sure that a directory and those above it exist. */
export function ensureDirectory(directory: string): void {
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 })
}

/**
 * Makes sure that a directory exists and is empty.
 *
 * @throws when it holds something, or when a link or a file is in its place
 */
export function ensureEmptyDirectory(directory: string): void {
  ensureDirectory(directory)
  if (!fs.lstatSync(directory).isDirectory()) throw new Error(`${directory} is not a directory`)
  if (fs.readdirSync(directory).length > 0) throw new Error(`${directory} is not empty`)
}

/** Removes a file. */
export function removeFile(file: string): void {
  fs.unlinkSync(file)
}

/** Removes a file; does nothing when it is absent. */
export function removeIfThere(file: string): void {
  fs.rmSync(file, { force: true })
}

/** Removes a directory if it is empty, and returns whether it was. */
export function removeIfEmpty(directory: string): boolean {
  if (fs.readdirSync(directory).length > 0) return false
  fs.rmdirSync(directory)
  return true
}

/**
 * Returns how many bytes and files this user may still write to the file system of a directory. `files` is undefined
 * where the file system has no limit of its own, such as btrfs and on Windows.
 */
export function freeSpaceAt(directory: string): {
  readonly bytes: number
  readonly files: number | undefined
} {
  const { bavail, bsize, files, ffree } = fs.statfsSync(directory)
  return { bytes: bavail * bsize, files: files > 0 ? ffree : undefined }
}

/**
 * Sets the times of what is at a path: for a link its own times, never those of its target.
 *
 * @param seconds since 1970; fractions count
 * @returns false when nothing is there, or another user owns it: only an owner may set a time
 * @throws the system's error when it fails for another reason
 */
export function setMtime(file: string, seconds: number): boolean {
  try {
    fs.lutimesSync(file, seconds, seconds)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (['ENOENT', 'ENOTDIR', 'EPERM', 'EACCES', 'EROFS'].includes(code)) return false
    throw error
  }
}
