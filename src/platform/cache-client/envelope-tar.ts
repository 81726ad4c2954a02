/** Block size of a tar in bytes: every part of a tar fills whole blocks. */
export const blockSize = 512

/** The fields of a tar header that an envelope needs. */
interface EnvelopeHeader {
  readonly name: string
  /** The type flag: `0` for a file, `5` for a directory, `x` for a pax header. */
  readonly type: string
  /** Length of the content in bytes. */
  readonly size: number
}

/** The records of a pax header that an envelope needs. */
export interface PaxRecords {
  readonly path?: string
  readonly size?: number
}

/** Rounds a length in bytes up to whole blocks. */
export function padded(length: number): number {
  return Math.ceil(length / blockSize) * blockSize
}

/**
 * Decodes a header that GNU tar or bsdtar wrote (POSIX pax, "ustar Interchange Format").
 *
 * @param block 512 bytes
 * @returns the header, or what is wrong with it, as text that continues "its envelope"
 */
export function decodeHeader(block: Buffer): EnvelopeHeader | string {
  if (block.length !== blockSize || !/^ustar[\0 ]$/.test(text(block, 257, 6)))
    return 'has no tar header where one is expected'
  if (octal(block, 148, 8) !== checksumOf(block)) return 'has a header with a wrong checksum'
  const size = sizeOf(block)
  if (size === undefined) return 'has a header without a length'
  // GNU's own format stores times where ustar stores the beginning of a long name.
  const prefix = text(block, 257, 6) === 'ustar\0' ? cString(block, 345, 155) : ''
  const name = cString(block, 0, 100)
  const type = String.fromCharCode(block[156] ?? 0)
  return { name: prefix === '' ? name : `${prefix}/${name}`, type: type === '\0' ? '0' : type, size }
}

/**
 * Decodes the records of a pax header (POSIX pax, "pax Extended Header").
 *
 * @param bytes the header's content, without padding
 * @returns the records that an envelope needs, or what is wrong, as text that continues "its envelope"
 */
export function decodePax(bytes: Buffer): PaxRecords | string {
  const records: { path?: string; size?: number } = {}
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at)
    const digits = space === -1 ? '' : text(bytes, at, Math.min(space - at, 20))
    const end = at + Number(digits)
    const equals = bytes.indexOf('=', space)
    const isWhole = /^\d+$/.test(digits) && end <= bytes.length && bytes[end - 1] === 0x0a
    if (!isWhole || equals === -1 || equals >= end) return 'has a pax header that is not well-formed'
    const [key, value] = [
      text(bytes, space + 1, equals - space - 1),
      bytes.toString('utf8', equals + 1, end - 1),
    ]
    if (key.startsWith('GNU.sparse')) return 'holds a sparse file'
    if (key === 'path') records.path = value
    if (key === 'size') {
      if (!/^\d{1,15}$/.test(value)) return 'has a pax header without a proper length'
      records.size = Number(value)
    }
    at = end
  }
  return records
}

/** Decodes the length in a header: octal digits, or a base-256 number when the digits do not suffice. */
function sizeOf(block: Buffer): number | undefined {
  const first = block[124] ?? 0
  if (first !== 0x80) return octal(block, 124, 12)
  const high = block.subarray(125, 130).every((byte) => byte === 0)
  const size = block.readUIntBE(130, 6)
  return high && Number.isSafeInteger(size) ? size : undefined
}

/** Parses octal digits after optional spaces, ended by NUL or a space; undefined for anything else. */
function octal(block: Buffer, at: number, length: number): number | undefined {
  const [, digits] = /^ *([0-7]+)[\0 ]*$/.exec(text(block, at, length)) ?? []
  return digits === undefined ? undefined : Number.parseInt(digits, 8)
}

function checksumOf(block: Buffer): number {
  const sum = (from: number, to: number) => block.subarray(from, to).reduce((total, byte) => total + byte, 0)
  return sum(0, 148) + 8 * 0x20 + sum(156, blockSize)
}

function cString(block: Buffer, at: number, length: number): string {
  const bytes = block.subarray(at, at + length)
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end === -1 ? length : end)
}

function text(bytes: Buffer, at: number, length: number): string {
  return bytes.toString('latin1', at, at + length)
}
