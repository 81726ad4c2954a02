import { crc32 } from 'node:zlib'

/** A file of a zip. */
export interface ZippedFile {
  readonly name: string
  /** Length in bytes, and CRC-32, as it is. */
  readonly size: number
  readonly crc: number
  /** What stands in the zip: the same bytes, or raw deflate of them. */
  readonly data: Buffer
}

/** A file that is not compressed. */
export function storedFile(name: string, text: string): ZippedFile {
  const data = Buffer.from(text)
  return { name, size: data.length, crc: crc32(data), data }
}

/**
 * A zip file, without times: local headers and data, then the directory of them (APPNOTE.TXT 4.3).
 *
 * @param method how all of the files are compressed
 */
export function zipFile(files: readonly ZippedFile[], method: 'stored' | 'deflated'): Buffer {
  const [version, number] = method === 'stored' ? [10, 0] : [20, 8]
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const { name, size, crc, data } of files) {
    const nameBytes = Buffer.from(name)
    // Version needed, flags, method, time, date, CRC-32, compressed and real size, lengths of name and extra.
    const common = Buffer.alloc(26)
    common.writeUInt16LE(version, 0)
    common.writeUInt16LE(number, 4)
    common.writeUInt32LE(crc, 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(size, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes, data])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    entries.push(
      Buffer.concat([
        Buffer.from(`PK\x01\x02${String.fromCharCode(version)}\x00`, 'latin1'),
        common,
        place,
        nameBytes,
      ]),
    )
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
