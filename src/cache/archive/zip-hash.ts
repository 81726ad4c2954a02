import { hash } from 'node:crypto'
import { crc32, inflateRawSync } from 'node:zlib'
import { type FileDigest, treeHashOf } from '../../gofiles/h1.ts'
import { close, fstat, openToRead, read } from '../../platform/open-files.ts'
import { uninterrupted } from '../../platform/uninterrupted.ts'

/** Maximum length of a module's zip in bytes, packed or unpacked (golang.org/x/mod/zip, MaxZipFile). */
const longest = 500 * 1024 * 1024

/** Maximum length in bytes of a zip that is hashed in memory as a whole; several threads do so at once. */
export const zipInMemory = 16 * 1024 * 1024

/**
 * Maximum number of threads that hash zips. Each takes up to 70 MB of memory, most of it for inflated data that awaits
 * garbage collection.
 */
export const zipThreads = 3

/** Lengths of the records of a zip in bytes, without names (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16 and 4.3.15). */
const length = { local: 30, entry: 46, end: 22, locator: 20 }

const signature = {
  ...{ local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50, locator: 0x07064b50 },
  descriptor: 0x08074b50,
}

/** Flag of an entry whose CRC and lengths come after its content (APPNOTE.TXT 4.4.4, bit 3). */
const hasDescriptor = 0x8

/** Length of a data descriptor in bytes, without its optional signature (4.3.9). */
const descriptorLength = 12

/** Maximum length of the comment at the end of a zip, in bytes. */
const longestComment = 0xffff

/** File in a zip, as the central directory at its end describes it. */
interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly flags: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  /** Offset of its local header, in bytes. */
  readonly offset: number
}

/** Returns bytes of a zip, which are valid until the next call. */
type Reader = (position: number, count: number) => Buffer

/**
 * Hashes the zip of a module as Go does (golang.org/x/mod/sumdb/dirhash, HashZip).
 *
 * @param file absolute path
 * @returns its hash, such as `h1:…=`, or a description of the error
 */
export function zipHash(file: string): string {
  return hashOrError(() => {
    const fd = openToRead(file)
    try {
      const size = fstat(fd).size
      // Most modules are small, and have hundreds of files: one read is cheaper than two for each file.
      if (size <= zipInMemory) return hashOf(readerOf(readInto(fd, size)), size)
      return hashOf((position, count) => {
        const bytes = Buffer.allocUnsafe(count)
        if (position < 0 || read(fd, bytes, 0, count, position) !== count) throw truncatedError()
        return bytes
      }, size)
    } finally {
      close(fd)
    }
  })
}

/** Hashes a zip in memory, as `zipHash` does. */
export function zipHashOf(zip: Buffer): string {
  return hashOrError(() => hashOf(readerOf(zip), zip.length))
}

function hashOrError(hash: () => string): string {
  try {
    return hash()
  } catch (error) {
    return `no hash: ${(error as Error).message}`
  }
}

function truncatedError(): Error {
  return new Error('it is truncated')
}

function readerOf(zip: Buffer): Reader {
  return (position, count) => {
    if (position < 0 || position + count > zip.length) throw truncatedError()
    return zip.subarray(position, position + count)
  }
}

/**
 * Hashes a zip from its bytes.
 *
 * @throws when it is not a zip, or is one that Go might read differently
 */
function hashOf(at: Reader, size: number): string {
  if (size > longest) throw new Error('it is too large for a module')
  const entries = directoryOf(at, size)
  if (new Set(entries.map(({ name }) => name)).size !== entries.length)
    throw new Error('it holds two files with the same name')
  if (entries.reduce((sum, entry) => sum + entry.size, 0) > longest)
    throw new Error('its files are too large for a module')
  return treeHashOf(entries.map((entry): FileDigest => digestOf(at, entry)))
}

function directoryOf(at: Reader, size: number): readonly ZipEntry[] {
  const tail = at(
    Math.max(0, size - length.end - longestComment),
    Math.min(size, length.end + longestComment),
  )
  let end = tail.length - length.end
  while (end >= 0 && tail.readUInt32LE(end) !== signature.end) end--
  if (end < 0) throw new Error('it is not a zip')
  const count = tail.readUInt16LE(end + 10)
  const [directorySize, directoryStart] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)]
  // Go finds the directory by its length, this code by its offset, and Go accepts longer zips (archive/zip/reader.go,
  // readDirectoryEnd). There is a hash only when both are sure to find the same directory, as in ordinary module zips.
  const endsWithComment = end + length.end + tail.readUInt16LE(end + 20) === tail.length
  const isBeforeEnd = directoryStart + directorySize === size - tail.length + end
  const isLong = end >= length.locator && tail.readUInt32LE(end - length.locator) === signature.locator
  if (!endsWithComment || !isBeforeEnd || isLong)
    throw new Error('its directory is not at the expected position')
  const directory = at(directoryStart, directorySize)
  const entries: ZipEntry[] = []
  let position = 0
  for (; position + length.entry <= directory.length; ) {
    if (directory.readUInt32LE(position) !== signature.entry) throw new Error('its directory is corrupt')
    const lengthAt = (offset: number) => directory.readUInt16LE(position + offset)
    const nameEnd = position + length.entry + lengthAt(28)
    entries.push({
      name: directory.toString('utf8', position + length.entry, nameEnd),
      method: lengthAt(10),
      flags: lengthAt(8),
      crc: directory.readUInt32LE(position + 16),
      packed: directory.readUInt32LE(position + 20),
      size: directory.readUInt32LE(position + 24),
      offset: directory.readUInt32LE(position + 42),
    })
    position = nameEnd + lengthAt(30) + lengthAt(32)
  }
  if (position !== directory.length || entries.length !== count) throw new Error('its directory is corrupt')
  return entries
}

function digestOf(at: Reader, entry: ZipEntry): FileDigest {
  const { name, method, packed, size, offset } = entry
  if (name.includes('\n')) throw new Error('it holds a name with a line break')
  const header = at(offset, length.local)
  if (header.readUInt32LE(0) !== signature.local) throw new Error(`${name} has no header`)
  const start = offset + length.local + header.readUInt16LE(26) + header.readUInt16LE(28)
  const bytes = packed === 0 ? Buffer.alloc(0) : at(start, packed)
  if (method !== 0 && method !== 8)
    throw new Error(`${name} uses a compression method that Go does not support`)
  const content = method === 0 ? bytes : uninterrupted(() => inflateRawSync(bytes, outputOf(size)))
  if (content.length !== size) throw new Error(`${name} does not have the length in its directory entry`)
  checkCrc(at, entry, start + packed, crc32(content))
  return { name, sha256: hash('sha256', content, 'hex') }
}

/**
 * Checks a file's CRC as Go does. Otherwise a zip could have the right hash and fail every command that unpacks it
 * (archive/zip/reader.go, checksumReader.Read and readDataDescriptor).
 *
 * @throws when a CRC differs from that of the content. A CRC of 0 without a descriptor counts as absent.
 */
function checkCrc(at: Reader, { name, flags, crc }: ZipEntry, end: number, found: number): void {
  const isNamed = (flags & hasDescriptor) !== 0
  if (isNamed) {
    const from = at(end, 4).readUInt32LE(0) === signature.descriptor ? end + 4 : end
    if (at(from, descriptorLength).readUInt32LE(0) !== crc)
      throw new Error(`${name} has different CRCs in its descriptor and in the directory`)
  }
  if ((isNamed || crc !== 0) && found !== crc) throw new Error(`${name} does not match its CRC`)
}

/**
 * Returns options for one output buffer with a byte to spare. Without that byte, zlib allocates another buffer to
 * detect the end.
 */
function outputOf(size: number): { readonly chunkSize: number; readonly maxOutputLength: number } {
  return { chunkSize: Math.max(64, size + 1), maxOutputLength: Math.max(1, size) }
}

/** Buffer for whole zips, one after the other: a new one for each would stay in memory until garbage collection. */
let room = Buffer.alloc(0)

function readInto(fd: number, size: number): Buffer {
  if (room.length < size) room = Buffer.allocUnsafe(size)
  if (read(fd, room, 0, size, 0) !== size) throw truncatedError()
  return room.subarray(0, size)
}
