/**
 * Writes pax records: `<length of the record, in decimal> <key>=<value>\n` each (POSIX pax, "pax Extended Header").
 *
 * @param values the records' keys and values, in order
 */
export function encodeRecords(values: ReadonlyMap<string, string>): Buffer {
  return Buffer.concat([...values].map(([key, value]) => record(key, value)))
}

/**
 * Reads pax records as far as they are well formed. Compare what they encode to with what was read to
 * know whether that was all.
 */
export function decodeRecords(bytes: Buffer): ReadonlyMap<string, string> {
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
  // The length counts its own digits.
  let length = rest + 1
  while (rest + String(length).length !== length) length = rest + String(length).length
  return Buffer.from(`${length} ${key}=${value}\n`)
}
