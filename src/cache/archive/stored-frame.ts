/** Maximum number of bytes in a block of a frame (RFC 8878, 3.1.1.2.4, Block_Maximum_Size). */
const largestBlock = 128 * 1024

/** Length of the header: magic number, descriptor and a content size of four bytes (RFC 8878, 3.1.1.1). */
const headerLength = 9

const blockHeaderLength = 3

/**
 * Returns the length of a stored frame, in bytes.
 *
 * @param raw length of its content in bytes, at least 1
 */
export function storedLength(raw: number): number {
  return headerLength + Math.ceil(raw / largestBlock) * blockHeaderLength + raw
}

/**
 * Makes a zstd frame that stores bytes without compression, in blocks of the type Raw_Block. Zips do not get smaller,
 * and uncompressed data is the same for every version of zstd.
 *
 * @param raw content, at least one byte and less than 4 GiB
 * @param room destination, by default a new buffer
 */
export function storedFrame(raw: Uint8Array, room = Buffer.allocUnsafe(storedLength(raw.length))): Buffer {
  const frame = room.subarray(0, storedLength(raw.length))
  frame.set(frameHeader(raw.length))
  let at = headerLength
  for (let done = 0; done < raw.length; ) {
    const length = Math.min(largestBlock, raw.length - done)
    frame.writeUIntLE(blockHeader(length, done + length === raw.length), at, blockHeaderLength)
    frame.set(raw.subarray(done, done + length), at + blockHeaderLength)
    at += blockHeaderLength + length
    done += length
  }
  return frame
}

/**
 * Extracts the content of a frame of `storedFrame`, which zstd would copy several times.
 *
 * @param frame a whole frame, untrusted
 * @param raw expected length of its content, in bytes
 * @param room at least `raw` bytes; the result is a part of it
 * @returns undefined when the frame is not, byte for byte, one of `storedFrame` with that length
 */
export function readStoredFrame(frame: Buffer, raw: number, room: Buffer): Buffer | undefined {
  if (raw === 0 || frame.length !== storedLength(raw) || room.length < raw) return undefined
  if (!frame.subarray(0, headerLength).equals(frameHeader(raw))) return undefined
  let at = headerLength
  for (let done = 0; done < raw; ) {
    const length = Math.min(largestBlock, raw - done)
    if (frame.readUIntLE(at, blockHeaderLength) !== blockHeader(length, done + length === raw))
      return undefined
    frame.copy(room, done, at + blockHeaderLength, at + blockHeaderLength + length)
    at += blockHeaderLength + length
    done += length
  }
  return room.subarray(0, raw)
}

function frameHeader(raw: number): Buffer {
  const header = Buffer.alloc(headerLength)
  header.writeUInt32LE(0xfd2fb528, 0)
  // A content size of four bytes, and a single segment: the window is as large as the content.
  header.writeUInt8(0b1010_0000, 4)
  header.writeUInt32LE(raw, 5)
  return header
}

/** Returns the header of a block. Bit 0: the last block; bits 1 and 2: its type, 0 for raw; then its length. */
function blockHeader(length: number, isLast: boolean): number {
  return (isLast ? 1 : 0) + length * 8
}
