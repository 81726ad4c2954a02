/** Length of everything in a tar is a multiple of this, in bytes. */
export const blockSize = 512

/** What a tar's header says of a member, as far as an envelope needs it. */
interface EnvelopeHeader {
  readonly name: string
  /** The type flag: `0` for a file, `5` for a directory, `x` for a pax header. */
  readonly type: string
  /** Length of its content in bytes. */
  readonly size: number
}

/** The records of a pax header that an envelope needs. */
export interface PaxRecords {
  readonly path?: string
  readonly size?: number
}

/** Length up to the next whole block, in bytes. */
export function padded(length: number): number {
  return Math.ceil(length / blockSize) * blockSize
}

/**
 * Reads a header that GNU tar or bsdtar wrote (POSIX pax, "ustar Interchange Format").
 *
 * @param block 512 bytes
 * @returns the header, or what is wrong, in words that go on after "its envelope"
 */
export function decodeHeader(block: Buffer): EnvelopeHeader | string {
  if (block.length !== blockSize || !/^ustar[\0 ]$/.test(text(block, 257, 6)))
    return 'has no tar header where one belongs'
  if (octal(block, 148, 8) !== checksumOf(block)) return 'has a header with a wrong checksum'
  const size = sizeOf(block)
  if (size === undefined) return 'has a header without a length'
  // GNU's own format keeps times where ustar keeps the beginning of a long name.
  const prefix = text(block, 257, 6) === 'ustar\0' ? cString(block, 345, 155) : ''
  const name = cString(block, 0, 100)
  const type = String.fromCharCode(block[156] ?? 0)
  return { name: prefix === '' ? name : `${prefix}/${name}`, type: type === '\0' ? '0' : type, size }
}

/**
 * Reads the records of a pax header (POSIX pax, "pax Extended Header").
 *
 * @param bytes the header's content, without padding
 * @returns what an envelope needs, or what is wrong, in words that go on after "its envelope"
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

/** The length that a header gives: octal digits, or a number to the base of 256 where they do not suffice. */
function sizeOf(block: Buffer): number | undefined {
  const first = block[124] ?? 0
  if (first !== 0x80) return octal(block, 124, 12)
  const high = block.subarray(125, 130).every((byte) => byte === 0)
  const size = block.readUIntBE(130, 6)
  return high && Number.isSafeInteger(size) ? size : undefined
}

/** Octal digits between spaces and ended by NUL or a space; undefined when it is anything else. */
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
