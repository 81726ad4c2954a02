import * as fs from 'node:fs'
import * as path from 'node:path'
import { entryName } from './carrier.ts'
import { Bytes, decompressed, Refused } from './envelope-bytes.ts'
import { blockSize, decodeHeader, decodePax, type PaxRecords, padded } from './envelope-tar.ts'

/*
 * Takes the place of internal/tar.js of @actions/cache in the carrier (envelope-swap.ts, scripts/build.mjs). Its extractTar
 * runs `tar -x -P`, which writes to whatever path an archive names. This one runs no program and writes the files of an
 * entry alone. Saving stays with the toolkit.
 */
export { createTar } from '../../node_modules/@actions/cache/lib/internal/tar.js'

/** Lists nothing: the toolkit calls it in debug runs, before anyone has checked the archive. */
export async function listTar(): Promise<void> {}

/** The files that this action puts into an envelope (src/pack/manifest.ts). */
const members = new RegExp(
  `^(?:\\./)?${entryName}/(manifest\\.json|shard-(?:\\d|[1-5]\\d|6[0-3])\\.tar\\.zst)$`,
)
const directory = new RegExp(`^(?:\\./)?${entryName}/?$`)
/** bsdtar on macOS puts the extended attributes of a file into a second one beside it; they are skipped. */
const attributes = new RegExp(`^(?:\\./)?(?:${entryName}/)?\\._[^/]+$`)
/** 64 shards, a manifest and the directory, each with a pax header and a file of attributes, and that with a pax header. */
const mostHeaders = 4 * 66
/** Largest manifest that is read (src/pack/manifest-file.ts), in bytes. */
const largestManifest = 64 * 1024 * 1024
/** Largest pax header, in bytes: tar puts extended attributes into it. */
const largestPax = 1024 * 1024
let refused: string | undefined

/** Why the envelope was refused; undefined when it was not. A process opens one. */
export function envelopeRefusal(): string | undefined {
  return refused
}

/** Unpacks an entry into the folder `entry` of the current directory. The toolkit calls it with the archive's path. */
export async function extractTar(archive: string): Promise<void> {
  return unpackEnvelope(archive, path.resolve(entryName))
}

/**
 * Unpacks the files of an entry, and nothing else.
 *
 * @param archive absolute path of a tar, compressed by zstd or gzip
 * @param folder absolute path of the folder to make, whatever name it has in the archive
 * @throws Error when the archive holds anything but an entry, or when there is something at the folder already: what was
 *   written until then is part of no entry
 */
export async function unpackEnvelope(archive: string, folder: string): Promise<void> {
  try {
    await extract(archive, folder)
  } catch (error) {
    // Zlib's errors are the archive's fault; those of the system, such as a full disk, are not.
    const isOurs =
      error instanceof Refused || /^(?:Z_|ZSTD_|ERR_ZLIB)/.test((error as NodeJS.ErrnoException).code ?? '')
    if (!isOurs) throw error
    refused = `its envelope ${error instanceof Refused ? error.message : `cannot be decompressed: ${(error as Error).message}`}`
    throw new Error(refused)
  }
}

async function extract(archive: string, folder: string): Promise<void> {
  // Not recursive: whatever is there already, a link included, makes it throw.
  fs.mkdirSync(folder, { mode: 0o700 })
  const made = fs.lstatSync(folder)
  const length = fs.statSync(archive).size
  // Shards are compressed already, so only the manifest can be much longer than it is packed.
  const bytes = new Bytes(decompressed(archive), length + length / 8 + 2 * largestManifest)
  try {
    await writeMembers(bytes, folder)
    await bytes.expectEnd()
  } finally {
    await bytes.close()
  }
  if (!isSame(fs.lstatSync(folder), made)) throw new Error(`${folder} was replaced while it was written to`)
}

/** Writes every member until the end of the tar. */
async function writeMembers(bytes: Bytes, folder: string): Promise<void> {
  const written = new Set<string>()
  let records: PaxRecords = {}
  for (let count = 0; ; count++) {
    const block = await bytes.take(blockSize)
    if (block.every((byte) => byte === 0)) return
    if (count >= mostHeaders) throw new Refused(`holds more than ${mostHeaders} members`)
    const header = decodeHeader(block)
    if (typeof header === 'string') throw new Refused(header)
    if (header.type === 'x') {
      if (header.size > largestPax) throw new Refused(`has a pax header of ${header.size} bytes`)
      const decoded = decodePax((await bytes.take(padded(header.size))).subarray(0, header.size))
      if (typeof decoded === 'string') throw new Refused(decoded)
      records = decoded
      continue
    }
    const { name, size } = { name: records.path ?? header.name, size: records.size ?? header.size }
    records = {}
    const [, file] = members.exec(name) ?? []
    if (header.type === '5' && directory.test(name) && size === 0) continue
    if (header.type === '0' && attributes.test(name)) await bytes.pass(padded(size))
    else if (header.type !== '0' || file === undefined) throw new Refused(stranger(name, header.type))
    else {
      if (written.has(file)) throw new Refused(`holds ${file} twice`)
      if (file === 'manifest.json' && size > largestManifest)
        throw new Refused(`holds a manifest of ${size} bytes`)
      written.add(file)
      await writeMember(path.join(folder, file), size, bytes)
    }
  }
}

/** Writes a member to where nothing is yet. */
async function writeMember(file: string, size: number, bytes: Bytes): Promise<void> {
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

function stranger(name: string, type: string): string {
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
  return `holds ${kind} ${JSON.stringify(name.slice(0, 200))}, and an entry has a manifest and shards alone`
}

function isSame(one: fs.Stats, other: fs.Stats): boolean {
  return one.isDirectory() && one.ino === other.ino && one.dev === other.dev
}
