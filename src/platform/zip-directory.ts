/** Lengths of the records of a zip in bytes, without names (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16 and 4.3.15). */
const length = { local: 30, entry: 46, end: 22, locator: 20 }

const signature = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50, locator: 0x07064b50 }

/** Maximum length of the comment at the end of a zip, in bytes. */
const longestComment = 0xffff

/** File in a zip, as the central directory at its end describes it. */
export interface ZipEntry {
  readonly name: string
  /** 0 for stored, 8 for deflated content. */
  readonly method: number
  readonly flags: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  /** Offset of its local header, in bytes. */
  readonly offset: number
}

/** Returns bytes of a zip, which are valid until the next call. */
export type ZipReader = (position: number, count: number) => Buffer

/** Returns the error for a zip that ends too early. */
export function truncatedZip(): Error {
  return new Error('it is truncated')
}

/** Reads a zip that is in memory. */
export function zipReader(zip: Buffer): ZipReader {
  return (position, count) => {
    if (position < 0 || position + count > zip.length) throw truncatedZip()
    return zip.subarray(position, position + count)
  }
}

/**
 * Reads the central directory of a zip.
 *
 * @param size length of the zip in bytes
 * @throws when it is not a zip, is one that Go might read differently, or has more than 65,535 files
 */
export function readZipDirectory(at: ZipReader, size: number): readonly ZipEntry[] {
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
  // readDirectoryEnd). A zip is read only when both are sure to find the same directory, as in ordinary zips.
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

/** Returns the offset of a file's content in bytes. Throws when it has no local header. */
export function contentStart(at: ZipReader, { name, offset }: ZipEntry): number {
  const header = at(offset, length.local)
  if (header.readUInt32LE(0) !== signature.local) throw new Error(`${name} has no header`)
  return offset + length.local + header.readUInt16LE(26) + header.readUInt16LE(28)
}

/**
 * Returns the modification time of a file in seconds since 1970. Without the field for it, it is the time in DOS format,
 * read as UTC (APPNOTE.TXT 4.4.6; Info-ZIP's extended timestamp, 0x5455).
 */
export function modifiedSeconds(at: ZipReader, entry: ZipEntry): number {
  const start = contentStart(at, entry)
  const header = at(entry.offset, start - entry.offset)
  let position = length.local + header.readUInt16LE(26)
  while (position + 4 <= header.length) {
    const [id, size] = [header.readUInt16LE(position), header.readUInt16LE(position + 2)]
    const hasTime = id === 0x5455 && size >= 5 && position + 9 <= header.length
    if (hasTime && ((header[position + 4] ?? 0) & 1) === 1) return header.readInt32LE(position + 5)
    position += 4 + size
  }
  const [time, date] = [header.readUInt16LE(10), header.readUInt16LE(12)]
  const day = Date.UTC(1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31) / 1000
  return day + (time >> 11) * 3600 + ((time >> 5) & 63) * 60 + (time & 31) * 2
}
