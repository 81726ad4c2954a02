/** A block of a frame holds as many bytes at most (RFC 8878, 3.1.1.2.4, Block_Maximum_Size). */
const largestBlock = 128 * 1024
/** Magic number, descriptor and a content size of four bytes (RFC 8878, 3.1.1.1). */
const headerLength = 9
const blockHeaderLength = 3

/** How long a stored frame is, in bytes. @param raw length of what is in it, at least 1 */
export function storedLength(raw: number): number {
  return headerLength + Math.ceil(raw / largestBlock) * blockHeaderLength + raw
}

/**
 * A zstd frame that holds bytes as they are, in blocks of the type Raw_Block. Zips do not get smaller, and what is not
 * compressed is the same whatever version of zstd reads or would have written it.
 *
 * @param raw what is in it, at least one byte and less than 4 GiB
 * @param room where it is written, by default into a buffer of its own
 */
export function storedFrame(raw: Uint8Array, room = Buffer.allocUnsafe(storedLength(raw.length))): Buffer {
  const frame = room.subarray(0, storedLength(raw.length))
  frame.writeUInt32LE(0xfd2fb528, 0)
  // A content size of four bytes, and a single segment: the window is as large as the content.
  frame.writeUInt8(0b1010_0000, 4)
  frame.writeUInt32LE(raw.length, 5)
  let at = headerLength
  for (let done = 0; done < raw.length; ) {
    const length = Math.min(largestBlock, raw.length - done)
    const isLast = done + length === raw.length ? 1 : 0
    // Bit 0: the last block; bits 1 and 2: its type, 0 for raw; then its length.
    frame.writeUIntLE(isLast + length * 8, at, blockHeaderLength)
    frame.set(raw.subarray(done, done + length), at + blockHeaderLength)
    at += blockHeaderLength + length
    done += length
  }
  return frame
}
