import * as fs from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import * as path from 'node:path'
import { pipeline } from 'node:stream'
import * as zlib from 'node:zlib'
import { ActionError } from '../../errors.ts'
import { entryName } from './client.ts'
import { blockSize, decodeHeader, decodePax, type PaxRecords, padded } from './envelope-tar.ts'

/*
 * Replaces internal/tar.js of @actions/cache in the cache client (envelope-swap.ts, scripts/build.mjs). The toolkit's
 * extractTar runs `tar -x -P`, which writes to any path that an archive names. This one runs no program and writes only
 * the files of an entry. Saving still uses the toolkit.
 */
export { createTar } from '../../../node_modules/@actions/cache/lib/internal/tar.js'

/** Maximum zero padding after the end, in bytes: tar fills its last record, which has 10 KiB by default. */
const maxPadding = 1024 * 1024

/** Largest zstd window that is accepted, as a power of two in bytes. Level 22 needs 27; the toolkit uses level 3. */
const maxWindow = 27

/** An error for an archive that is not an envelope of this action; the message continues "its envelope". */
class EnvelopeRefused extends ActionError {
  constructor(message: string) {
    super('envelope-refused', message)
  }
}

/** Number of bytes that are read and decompressed at once. */
const pieceLength = 1024 * 1024

/**
 * Decompresses an archive.
 *
 * @param archive an open file, so that all bytes are of the same one
 * @param length its length in bytes
 * @throws EnvelopeRefused when it is neither zstd nor gzip, or when something follows it
 */
async function* decompressed(archive: FileHandle, length: number): AsyncGenerator<Buffer> {
  const options = { chunkSize: pieceLength }
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: maxWindow }
  const { buffer: magic } = await archive.read(Buffer.alloc(4), 0, 4, 0)
  let engine: zlib.ZstdDecompress | zlib.Gunzip
  if (magic.readUInt32LE() === 0xfd2fb528) engine = zlib.createZstdDecompress({ ...options, params })
  else if (magic.readUInt16BE() === 0x1f8b) engine = zlib.createGunzip(options)
  else throw new EnvelopeRefused('is compressed neither by zstd nor by gzip')
  // An error on either side reaches the loop below through the engine.
  pipeline(bytesOf(archive), engine, () => undefined)
  for await (const chunk of engine) yield chunk as Buffer
  // Node stops after zstd's first frame and does not report what follows it.
  if (engine.bytesWritten < length) throw new EnvelopeRefused('is followed by other data')
}

async function* bytesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceLength), 0, pieceLength, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** A reader of a tar's bytes in order, up to a limit. */
class EnvelopeReader {
  readonly #chunks: AsyncIterator<Buffer>
  #room: number
  #held: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>, room: number) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#room = room
  }

  /** Throws when a length in bytes exceeds the rest of the limit. */
  expectRoom(length: number): void {
    if (length > this.#room + this.#held.length)
      throw new EnvelopeRefused('unpacks to far more than its own length')
  }

  /** Returns the next bytes as one buffer. */
  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    await this.pass(length, (piece) => void pieces.push(piece))
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }

  /** Passes the next bytes to a callback, piece by piece. */
  async pass(length: number, use: (piece: Buffer) => void = () => undefined): Promise<void> {
    this.expectRoom(length)
    for (let left = length; left > 0; ) {
      if (this.#held.length === 0 && !(await this.#more())) throw new EnvelopeRefused('is cut off')
      const piece = this.#held.subarray(0, left)
      this.#held = this.#held.subarray(piece.length)
      left -= piece.length
      use(piece)
    }
  }

  /** Reads to the end of the archive, which may hold only zeros: one more block, and the padding of the last record. */
  async expectEnd(): Promise<void> {
    let rest = 0
    const check = (piece: Buffer) => {
      rest += piece.length
      if (rest > maxPadding || piece.some((byte) => byte !== 0))
        throw new EnvelopeRefused('continues after its end')
    }
    do {
      check(this.#held)
      this.#held = Buffer.alloc(0)
    } while (await this.#more())
    if (rest < blockSize) throw new EnvelopeRefused('is cut off')
  }

  /** Closes the archive. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next()
    if (done === true) return false
    this.#room -= value.length
    if (this.#room < 0) throw new EnvelopeRefused('unpacks to far more than its own length')
    this.#held = value
    return true
  }
}

/** Lists nothing: the toolkit calls it in debug runs, before the archive has been checked. */
export async function listTar(): Promise<void> {}

/** The files that this action puts into an envelope (src/cache/archive/manifest.ts). */
const members = new RegExp(
  `^(?:\\./)?${entryName}/(manifest\\.json|shard-(?:\\d|[1-5]\\d|6[0-3])\\.tar\\.zst)$`,
)

const directory = new RegExp(`^(?:\\./)?${entryName}/?$`)

/** bsdtar on macOS stores a file's extended attributes in a second file next to it; such files are skipped. */
const attributes = new RegExp(`^(?:\\./)?(?:${entryName}/)?\\._[^/]+$`)

/**
 * Maximum number of headers: 64 shards, a manifest and the directory. Each may have a file of attributes, and both may
 * have a pax header.
 */
const maxHeaders = 4 * 66

/** Maximum size of a manifest (src/cache/archive/manifest.ts), in bytes. */
const maxManifestBytes = 64 * 1024 * 1024

/** Maximum size of a pax header, in bytes: tar stores extended attributes in it. */
const maxPaxBytes = 1024 * 1024

let refusal: string | undefined

/** Returns why the envelope was refused; undefined when it was not. A process opens only one envelope. */
export function envelopeRefusal(): string | undefined {
  return refusal
}

/** Unpacks an entry into the folder `entry` of the current directory. The toolkit calls it with the archive's path. */
export async function extractTar(archive: string): Promise<void> {
  return unpackEnvelope(archive, path.resolve(entryName))
}

/**
 * Unpacks the files of an entry, and nothing else.
 *
 * @param archive absolute path of a tar, compressed with zstd or gzip
 * @param folder absolute path of the folder to create, regardless of its name in the archive
 * @throws Error when the archive holds anything but an entry, or when the folder's path exists already. Files that were
 *   written before the error are part of no entry
 */
export async function unpackEnvelope(archive: string, folder: string): Promise<void> {
  try {
    await extract(archive, folder)
  } catch (error) {
    // Zlib errors are the archive's fault. System errors, such as a full disk, are not.
    const isArchiveFault =
      error instanceof EnvelopeRefused ||
      /^(?:Z_|ZSTD_|ERR_ZLIB)/.test((error as NodeJS.ErrnoException).code ?? '')
    if (!isArchiveFault) throw error
    refusal = `its envelope ${error instanceof EnvelopeRefused ? error.message : `cannot be decompressed: ${(error as Error).message}`}`
    throw new Error(refusal)
  }
}

async function extract(archive: string, folder: string): Promise<void> {
  // Not recursive, so that an existing path, a link included, makes it throw.
  fs.mkdirSync(folder, { mode: 0o700 })
  const created = fs.lstatSync(folder)
  const opened = await open(archive)
  try {
    const { size } = await opened.stat()
    // Shards are compressed already, so only the manifest can unpack to much more than its packed size.
    const bytes = new EnvelopeReader(decompressed(opened, size), size + size / 8 + 2 * maxManifestBytes)
    try {
      await writeMembers(bytes, folder)
      await bytes.expectEnd()
    } finally {
      await bytes.close()
    }
  } finally {
    await opened.close()
  }
  if (!isSame(fs.lstatSync(folder), created))
    throw new Error(`${folder} was replaced while it was written to`)
}

/** Writes every member until the end of the tar. */
async function writeMembers(bytes: EnvelopeReader, folder: string): Promise<void> {
  const written = new Set<string>()
  let records: PaxRecords = {}
  for (let count = 0; ; count++) {
    const block = await bytes.take(blockSize)
    if (block.every((byte) => byte === 0)) return
    if (count >= maxHeaders) throw new EnvelopeRefused(`holds more than ${maxHeaders} members`)
    const header = decodeHeader(block)
    if (typeof header === 'string') throw new EnvelopeRefused(header)
    if (header.type === 'x') {
      if (header.size > maxPaxBytes) throw new EnvelopeRefused(`has a pax header of ${header.size} bytes`)
      const decoded = decodePax((await bytes.take(padded(header.size))).subarray(0, header.size))
      if (typeof decoded === 'string') throw new EnvelopeRefused(decoded)
      records = decoded
      continue
    }
    const { name, size } = { name: records.path ?? header.name, size: records.size ?? header.size }
    records = {}
    const [, file] = members.exec(name) ?? []
    if (header.type === '5' && directory.test(name) && size === 0) continue
    if (header.type === '0' && attributes.test(name)) await bytes.pass(padded(size))
    else if (header.type !== '0' || file === undefined)
      throw new EnvelopeRefused(unexpectedMember(name, header.type))
    else {
      if (written.has(file)) throw new EnvelopeRefused(`holds ${file} twice`)
      if (file === 'manifest.json' && size > maxManifestBytes)
        throw new EnvelopeRefused(`holds a manifest of ${size} bytes`)
      written.add(file)
      await writeMember(path.join(folder, file), size, bytes)
    }
  }
}

/** Writes a member to a new file. */
async function writeMember(file: string, size: number, bytes: EnvelopeReader): Promise<void> {
  bytes.expectRoom(size)
  // `wx`: a link at the end of the path is not followed.
  const fd = fs.openSync(file, 'wx', 0o600)
  try {
    await bytes.pass(size, (piece) => {
      for (let done = 0; done < piece.length; ) done += fs.writeSync(fd, piece, done)
    })
    await bytes.pass(padded(size) - size)
  } finally {
    fs.closeSync(fd)
  }
}

function unexpectedMember(name: string, type: string): string {
  const kinds: Readonly<Record<string, string>> = {
    '0': 'the file',
    '1': 'the hard link',
    '2': 'the symbolic link',
    '3': 'the device',
    '4': 'the device',
    '5': 'the directory',
    '6': 'the named pipe',
  }
  const kind = kinds[type] ?? `a member of type ${JSON.stringify(type)} named`
  return `holds ${kind} ${JSON.stringify(name.slice(0, 200))}, but an entry contains only a manifest and shards`
}

function isSame(one: fs.Stats, other: fs.Stats): boolean {
  return one.isDirectory() && one.ino === other.ino && one.dev === other.dev
}
