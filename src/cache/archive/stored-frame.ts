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
 * Takes out what `storedFrame` has put into a frame, which zstd would copy several times.
 *
 * @param frame a whole frame, from anywhere
 * @param raw what should be in it, in bytes
 * @param room at least `raw` bytes; what is answered lies in it
 * @returns undefined where the frame is not, byte for byte, one of `storedFrame` of that length
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

/** Bit 0: the last block; bits 1 and 2: its type, 0 for raw; then its length. */
function blockHeader(length: number, isLast: boolean): number {
  return (isLast ? 1 : 0) + length * 8
}
