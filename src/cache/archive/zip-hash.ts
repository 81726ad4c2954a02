import { hash } from 'node:crypto'
import { crc32, inflateRawSync } from 'node:zlib'
import { type FileDigest, treeHashOf } from '../../gofiles/h1.ts'
import { close, fstat, openToRead, read } from '../../platform/open-files.ts'
import { uninterrupted } from '../../platform/uninterrupted.ts'
import {
  contentStart,
  readZipDirectory,
  truncatedZip,
  type ZipEntry,
  type ZipReader,
  zipReader,
} from '../../platform/zip-directory.ts'

/** Maximum length of a module's zip in bytes, packed or unpacked (golang.org/x/mod/zip, MaxZipFile). */
const longest = 500 * 1024 * 1024

/** Maximum length in bytes of a zip that is hashed in memory as a whole; several threads do so at once. */
export const zipInMemory = 16 * 1024 * 1024

/**
 * Maximum number of threads that hash zips. Each takes up to 70 MB of memory, most of it for inflated data that awaits
 * garbage collection.
 */
export const zipThreads = 3

/** Flag of an entry whose CRC and lengths come after its content (APPNOTE.TXT 4.4.4, bit 3). */
const hasDescriptor = 0x8

/** First bytes of a data descriptor, which may be absent (4.3.9.3). */
const descriptorSignature = 0x08074b50

/** Length of a data descriptor in bytes, without its optional signature (4.3.9). */
const descriptorLength = 12

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
      if (size <= zipInMemory) return hashOf(zipReader(readInto(fd, size)), size)
      return hashOf((position, count) => {
        const bytes = Buffer.allocUnsafe(count)
        if (position < 0 || read(fd, bytes, 0, count, position) !== count) throw truncatedZip()
        return bytes
      }, size)
    } finally {
      close(fd)
    }
  })
}

/** Hashes a zip in memory, as `zipHash` does. */
export function zipHashOf(zip: Buffer): string {
  return hashOrError(() => hashOf(zipReader(zip), zip.length))
}

function hashOrError(hash: () => string): string {
  try {
    return hash()
  } catch (error) {
    return `no hash: ${(error as Error).message}`
  }
}

/**
 * Hashes a zip from its bytes.
 *
 * @throws when it is not a zip, or is one that Go might read differently
 */
function hashOf(at: ZipReader, size: number): string {
  if (size > longest) throw new Error('it is too large for a module')
  const entries = readZipDirectory(at, size)
  if (new Set(entries.map(({ name }) => name)).size !== entries.length)
    throw new Error('it holds two files with the same name')
  if (entries.reduce((sum, entry) => sum + entry.size, 0) > longest)
    throw new Error('its files are too large for a module')
  return treeHashOf(entries.map((entry): FileDigest => digestOf(at, entry)))
}

function digestOf(at: ZipReader, entry: ZipEntry): FileDigest {
  const { name, method, packed, size } = entry
  if (name.includes('\n')) throw new Error('it holds a name with a line break')
  const start = contentStart(at, entry)
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
function checkCrc(at: ZipReader, { name, flags, crc }: ZipEntry, end: number, found: number): void {
  const isNamed = (flags & hasDescriptor) !== 0
  if (isNamed) {
    const from = at(end, 4).readUInt32LE(0) === descriptorSignature ? end + 4 : end
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
  if (read(fd, room, 0, size, 0) !== size) throw truncatedZip()
  return room.subarray(0, size)
}
