import * as fs from 'node:fs'
import { pipeline } from 'node:stream'
import * as zlib from 'node:zlib'
import { blockSize } from './envelope-tar.ts'

/** Zeros after the end: tar fills its last record, of 10 KiB unless told otherwise, in bytes. */
const mostPadding = 1024 * 1024
/** zstd takes this much memory for a window at most, in powers of two: level 22 needs 27, and the toolkit uses level 3. */
const largestWindow = 27

/** An envelope is not one of ours; the message goes on after "its envelope". */
export class Refused extends Error {}

/** Decompresses an archive; throws when it is none, or when something follows it. */
export async function* decompressed(archive: string): AsyncGenerator<Buffer> {
  const options = { chunkSize: 1024 * 1024 }
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: largestWindow }
  const magic = beginning(archive)
  let engine: zlib.ZstdDecompress | zlib.Gunzip
  if (magic === '28b52ffd') engine = zlib.createZstdDecompress({ ...options, params })
  else if (magic.startsWith('1f8b')) engine = zlib.createGunzip(options)
  else throw new Refused('is compressed neither by zstd nor by gzip')
  const source = fs.createReadStream(archive, { highWaterMark: 1024 * 1024 })
  // A failure of either side reaches the loop below through the engine.
  pipeline(source, engine, () => undefined)
  for await (const chunk of engine) yield chunk as Buffer
  // Node ends with zstd's first frame, and says nothing of what follows it.
  if (engine.bytesWritten < fs.statSync(archive).size) throw new Refused('is followed by something else')
}

/** The first four bytes of a file in hexadecimal. */
function beginning(file: string): string {
  const bytes = Buffer.alloc(4)
  const fd = fs.openSync(file, 'r')
  try {
    fs.readSync(fd, bytes, 0, 4, 0)
  } finally {
    fs.closeSync(fd)
  }
  return bytes.toString('hex')
}

/** The bytes of a tar in order, and never more than a limit. */
export class Bytes {
  readonly #chunks: AsyncIterator<Buffer>
  #room: number
  #held: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>, room: number) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#room = room
  }

  /** Refuses what is longer than may still come. */
  expectRoom(length: number): void {
    if (length > this.#room + this.#held.length) throw new Refused('unpacks to far more than its own length')
  }

  /** The next bytes as one buffer. */
  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    await this.pass(length, (piece) => void pieces.push(piece))
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }

  /** Hands the next bytes on, piece by piece. */
  async pass(length: number, use: (piece: Buffer) => void = () => undefined): Promise<void> {
    this.expectRoom(length)
    for (let left = length; left > 0; ) {
      if (this.#held.length === 0 && !(await this.#more())) throw new Refused('is cut off')
      const piece = this.#held.subarray(0, left)
      this.#held = this.#held.subarray(piece.length)
      left -= piece.length
      use(piece)
    }
  }

  /** Reads on to the end of everything: one more block of zeros, and such as fill the last record. */
  async expectEnd(): Promise<void> {
    let rest = 0
    const check = (piece: Buffer) => {
      rest += piece.length
      if (rest > mostPadding || piece.some((byte) => byte !== 0)) throw new Refused('goes on after its end')
    }
    do {
      check(this.#held)
      this.#held = Buffer.alloc(0)
    } while (await this.#more())
    if (rest < blockSize) throw new Refused('is cut off')
  }

  /** Lets go of the archive. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next()
    if (done === true) return false
    this.#room -= value.length
    if (this.#room < 0) throw new Refused('unpacks to far more than its own length')
    this.#held = value
    return true
  }
}
