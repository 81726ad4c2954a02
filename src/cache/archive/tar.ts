/**
 * Encodes pax records: `<length of the record, in decimal> <key>=<value>\n` each (POSIX pax, "pax Extended Header").
 *
 * @param values the records' keys and values, in order
 */
export function encodeRecords(values: ReadonlyMap<string, string>): Buffer {
  return Buffer.concat([...values].map(([key, value]) => record(key, value)))
}

/**
 * Decodes pax records up to the first malformed one. The caller encodes the result and compares it with the input, to
 * detect bytes that were ignored.
 */
function decodeRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at)
    const length = Number(bytes.toString('latin1', at, Math.max(at, space)))
    if (space === -1 || !(at + length > space)) break
    const [key = '', ...value] = bytes.toString('utf8', space + 1, at + length - 1).split('=')
    values.set(key, value.join('='))
    at += length
  }
  return values
}

function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  // The length includes its own digits.
  let length = rest + 1
  while (rest + String(length).length !== length) length = rest + String(length).length
  return Buffer.from(`${length} ${key}=${value}\n`)
}

/** Size of a block, in bytes; the length of everything in a tar is a multiple of it. */
export const blockSize = 512

/** Length of the end of a tar, in bytes: two blocks of zeros (POSIX pax, "ustar Interchange Format"). */
export const endLength = 2 * blockSize

/** File or directory, as a shard's tar describes it. */
export interface Member {
  /** Relative path with `/`, without one at the end. */
  readonly path: string
  readonly isDirectory: boolean
  /** For files: whether the user may execute it. */
  readonly isExecutable: boolean
  /** Length of a file in bytes; 0 for directories. */
  readonly size: number
  /** Whole seconds since 1970, at least 0. */
  readonly mtime: number
}

/** Largest number that the eleven octal digits of a header field hold. */
export const largestTime = 8 ** 11 - 1

const largestPlainSize = 8 ** 11 - 1

/** Placeholder for the path, for readers that do not support pax records. */
const pathElsewhere = 'path-in-pax-header'

/** Fields of a header: offset and number of digits (POSIX pax, "ustar Interchange Format"). */
const mode = { at: 100, digits: 7 }

const size = { at: 124, digits: 11 }

const mtime = { at: 136, digits: 11 }

const checksum = { at: 148, digits: 6 }

const typeAt = 156

const variableEnd = typeAt + 1

/**
 * Header without name, mode, size, time and type. The owner is root, which has no meaning here. The checksum is eight
 * spaces.
 */
const template = Buffer.alloc(blockSize)

template.write('0000000\0' + '0000000\0', 108, 'latin1')

template.write(' '.repeat(8), checksum.at, 'latin1')

template.write('ustar\0' + '00', 257, 'latin1')

template.write('0000000\0' + '0000000\0', 329, 'latin1')

const fixedSum = template.subarray(variableEnd).reduce((sum, byte) => sum + byte, 0)

/** Returns a length rounded up to whole blocks, in bytes. */
export function padded(length: number): number {
  return Math.ceil(length / blockSize) * blockSize
}

/** Returns the length of a member's headers, in bytes. */
export function headerLength(member: Member): number {
  const records = paxRecords(member)
  return records === undefined ? blockSize : blockSize + padded(records.length) + blockSize
}

/**
 * Writes a member's headers: a ustar header, preceded by a pax header when the path or size does not fit.
 *
 * @param buffer destination, with room for `headerLength(member)` bytes
 * @param offset offset in the buffer
 * @returns the offset after the headers
 */
export function encodeMember(buffer: Buffer, offset: number, member: Member): number {
  const records = paxRecords(member)
  const permissions = member.isDirectory || member.isExecutable ? 0o755 : 0o644
  const type = member.isDirectory ? '5' : '0'
  if (records === undefined) {
    return encodeHeader(buffer, offset, nameOf(member), type, permissions, member.size, member.mtime)
  }
  const body = encodeHeader(buffer, offset, 'pax-header', 'x', 0o644, records.length, member.mtime)
  const end = body + padded(records.length)
  buffer.fill(0, body, end)
  records.copy(buffer, body)
  // A size too large for the field is in the pax records only.
  const plainSize = member.size > largestPlainSize ? 0 : member.size
  return encodeHeader(buffer, end, pathElsewhere, type, permissions, plainSize, member.mtime)
}

/**
 * Reads a member's headers. It accepts only what `encodeMember` writes, byte for byte. So no other tar reader can
 * interpret the headers differently.
 *
 * @returns the member and the offset after its headers; or the error, as text that follows "its tar"
 */
export function decodeMember(buffer: Buffer, offset: number): { member: Member; end: number } | string {
  let header = offset
  let records: ReadonlyMap<string, string> | undefined
  if (typeOf(buffer, header) === 'x') {
    const body = header + blockSize
    const length = readOctal(buffer, header, size)
    header = body + padded(length)
    if (!(header <= buffer.length)) return 'is truncated in a pax header'
    records = decodeRecords(buffer.subarray(body, body + length))
  }
  if (header + blockSize > buffer.length) return 'is truncated in a header'
  const type = typeOf(buffer, header)
  if (type !== '0' && type !== '5')
    return `holds ${kindNames[type] ?? `a member of type ${JSON.stringify(type)}`}`
  const name = records === undefined ? readName(buffer, header) : records.get('path')
  if (name === undefined) return 'has a pax header without a path'
  const isDirectory = type === '5'
  const paxSize = records?.get('size')
  const member = {
    path: isDirectory && name.endsWith('/') ? name.slice(0, -1) : name,
    isDirectory,
    isExecutable: !isDirectory && readOctal(buffer, header, mode) === 0o755,
    size: paxSize === undefined ? readOctal(buffer, header, size) : Number(paxSize),
    mtime: readOctal(buffer, header, mtime),
  }
  const end = header + blockSize
  if (!(member.size >= 0 && member.mtime >= 0) || !isCanonical(buffer, offset, end, member)) {
    return 'has a header that this action does not write'
  }
  return { member, end }
}

const kindNames: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
}

const scratch = Buffer.alloc(8 * blockSize)

function isCanonical(buffer: Buffer, offset: number, end: number, member: Member): boolean {
  const length = headerLength(member)
  if (length !== end - offset || (member.isDirectory && member.size > 0)) return false
  const expected = length <= scratch.length ? scratch : Buffer.alloc(length)
  encodeMember(expected, 0, member)
  return buffer.compare(expected, 0, length, offset, end) === 0
}

function nameOf(member: Member): string {
  return member.isDirectory ? `${member.path}/` : member.path
}

/** Returns the pax records that a member needs; undefined when a plain header suffices. */
function paxRecords(member: Member): Buffer | undefined {
  const name = nameOf(member)
  const isLarge = member.size > largestPlainSize
  if (/^[\x20-\x7e]{0,100}$/.test(name) && !isLarge) return undefined
  return encodeRecords(
    new Map([['path', name], ...(isLarge ? [['size', String(member.size)] as const] : [])]),
  )
}

function encodeHeader(
  buffer: Buffer,
  offset: number,
  name: string,
  type: string,
  permissions: number,
  length: number,
  time: number,
): number {
  template.copy(buffer, offset)
  buffer.write(name, offset, 'latin1')
  writeOctal(buffer, offset, mode, permissions)
  writeOctal(buffer, offset, size, length)
  writeOctal(buffer, offset, mtime, time)
  buffer[offset + typeAt] = type.charCodeAt(0)
  let sum = fixedSum
  for (let at = offset; at < offset + variableEnd; at++) sum += buffer[at] ?? 0
  writeOctal(buffer, offset, checksum, sum)
  buffer[offset + checksum.at + checksum.digits] = 0
  return offset + blockSize
}

type Field = { readonly at: number; readonly digits: number }

function writeOctal(buffer: Buffer, offset: number, field: Field, value: number): void {
  let rest = value
  for (let at = offset + field.at + field.digits - 1; at >= offset + field.at; at--) {
    buffer[at] = 0x30 + (rest % 8)
    rest = Math.floor(rest / 8)
  }
}

/**
 * Reads an octal field.
 *
 * @returns NaN when the field holds anything but octal digits
 */
function readOctal(buffer: Buffer, offset: number, field: Field): number {
  let value = 0
  for (let at = offset + field.at; at < offset + field.at + field.digits; at++) {
    const digit = (buffer[at] ?? 0) - 0x30
    value = digit >= 0 && digit < 8 ? value * 8 + digit : Number.NaN
  }
  return value
}

function typeOf(buffer: Buffer, offset: number): string {
  return String.fromCharCode(buffer[offset + typeAt] ?? 0)
}

function readName(buffer: Buffer, offset: number): string {
  const end = buffer.indexOf(0, offset)
  return buffer.toString('latin1', offset, end === -1 || end > offset + mode.at ? offset + mode.at : end)
}
