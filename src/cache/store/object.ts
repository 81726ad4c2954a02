import { CorruptArchive } from '../../errors.ts'
import { makeDirectory, readBytes, writeFile } from '../../platform/files.ts'
import { platform } from '../../platform/machine.ts'
import { close, createFile, fstat, openToRead, read, truncate, writeAt } from '../../platform/open-files.ts'
import {
  inParallel,
  type RemoteObject,
  readRange,
  TransferFailure,
  type TransferOptions,
} from '../../platform/remote-object.ts'
import { type Arrival, createProgress, type ProgressWriter } from '../archive/arrival.ts'
import { decodeManifest, largestManifest, manifestName } from '../archive/manifest.ts'

/**
 * The layout of a stored object: a skippable frame of zstd with the manifest (RFC 8878, 3.1.2), then the shards one
 * after the other. It holds nothing that any other program unpacks.
 */
const skippable = { magic: 0x184d2a51, header: 8 }

/** Length of the first range, in bytes. It holds the manifest of most entries, and small entries as a whole. */
const firstRange = 1024 * 1024

/** Length of the other ranges, in bytes. */
const rangeLength = 8 * 1024 * 1024

/** Number of ranges that are read at once. */
const rangesAtOnce = 8

/**
 * Downloads an object into the folder of an entry: the manifest first, then the shards, whose arrival the result
 * tells. All shards arrive side by side, so that a thread for each can unpack it.
 *
 * @param folder absolute path of a folder that does not exist yet
 * @param stop ends the requests
 * @throws CorruptArchive when it is no entry; TransferFailure when its start cannot be read
 */
export async function downloadEntry(
  object: RemoteObject,
  folder: string,
  options: TransferOptions,
  stop: () => void,
): Promise<Arrival> {
  const start = await readStart(object, options).catch((error) => {
    // Range Not Satisfiable: there is nothing at this offset.
    if (error instanceof TransferFailure && error.status === 416) throw new CorruptArchive('it is empty')
    throw error
  })
  const { shards } = decodeManifest(start.manifest.toString('utf8'), platform())
  const length = skippable.header + start.manifest.length + total(shards.map((shard) => shard.length))
  if (object.size !== length) throw new CorruptArchive(`it has ${object.size} bytes instead of ${length}`)
  makeDirectory(folder)
  writeFile(`${folder}/${manifestName}`, start.manifest)
  let at = skippable.header + start.manifest.length
  const downloads: ShardDownload[] = []
  const closeAll = () => {
    for (const { fd } of downloads) close(fd)
  }
  try {
    for (const shard of shards) {
      const begin = at
      at += shard.length
      downloads.push(openShard(object, `${folder}/${shard.name}`, [begin, at], start.bytes, options))
    }
    for (const { takeStart } of downloads) takeStart()
  } catch (error) {
    closeAll()
    throw error
  }
  const longest = Math.max(...downloads.map(({ tasks }) => tasks.length))
  // The first ranges of all shards come first.
  const tasks = Array.from({ length: longest }, (_, range) =>
    downloads.flatMap((one) => one.tasks[range] ?? []),
  )
  const done = inParallel(rangesAtOnce, tasks.flat())
    .catch((error) => {
      for (const { progress } of downloads) progress.fail()
      throw error
    })
    .finally(closeAll)
  // The caller may wait for it later, or not at all.
  done.catch(() => {})
  return { progress: downloads.map(({ progress }) => progress.buffer), done, stop }
}

/** The download of a shard. */
interface ShardDownload {
  readonly fd: number
  readonly progress: ProgressWriter
  /** Gives the file its length, and takes what came with the manifest. */
  readonly takeStart: () => void
  /** Downloads of the other ranges. */
  readonly tasks: readonly (() => Promise<void>)[]
}

/** Creates the file of a shard at its full length. The shard lies in the object from `begin` to `end`. */
function openShard(
  object: RemoteObject,
  file: string,
  [begin, end]: readonly [number, number],
  start: Buffer,
  options: TransferOptions,
): ShardDownload {
  const fd = createFile(file)
  // What came with the manifest is the first range of the shard, often an empty one.
  const second = Math.min(end, Math.max(begin, start.length))
  const starts: number[] = []
  for (let from = second; from < end; from += rangeLength) starts.push(from)
  const endOf = (from: number) => Math.min(end, from + rangeLength)
  const progress = createProgress([second - begin, ...starts.map((from) => endOf(from) - from)])
  return {
    fd,
    progress,
    takeStart: () => {
      truncate(fd, end - begin)
      writeAt(fd, start.subarray(begin, second), 0)
      progress.add(0, second - begin)
    },
    tasks: starts.map((from, index) => () => {
      const take = (chunk: Buffer, at: number) => {
        writeAt(fd, chunk, at - begin)
        progress.add(index + 1, chunk.length)
      }
      return readRange(object, from, endOf(from), take, options)
    }),
  }
}

/** Reads the start of an object: its manifest, and everything that came with it. */
async function readStart(
  object: RemoteObject,
  options: TransferOptions,
): Promise<{ readonly manifest: Buffer; readonly bytes: Buffer }> {
  const chunks: Buffer[] = []
  const take = (chunk: Buffer) => void chunks.push(chunk)
  await readRange(object, 0, firstRange, take, options)
  const first = Buffer.concat(chunks)
  if (first.length < skippable.header || first.readUInt32LE(0) !== skippable.magic)
    throw new CorruptArchive('it does not begin with a manifest')
  const size = first.readUInt32LE(4)
  if (size > largestManifest) throw new CorruptArchive(`its manifest has ${size} bytes`)
  const end = skippable.header + size
  if (end > (object.size ?? 0)) throw new CorruptArchive('it ends within its manifest')
  if (end > first.length) await readRange(object, first.length, end, take, options)
  const bytes = Buffer.concat(chunks)
  return { manifest: bytes.subarray(skippable.header, end), bytes }
}

/** The content of an object to upload: parts of memory and of files. */
export interface ObjectContent {
  /** Length in bytes. */
  readonly length: number
  /** Returns the bytes from one offset to another. */
  readonly slice: (from: number, to: number) => Buffer
  /** Closes the files. */
  readonly close: () => void
}

/**
 * Opens the folder of an entry as the content of an object.
 *
 * @param folder absolute path
 */
export function openEntry(folder: string): ObjectContent {
  const manifest = readBytes(`${folder}/${manifestName}`) ?? Buffer.alloc(0)
  const header = Buffer.alloc(skippable.header)
  header.writeUInt32LE(skippable.magic, 0)
  header.writeUInt32LE(manifest.length, 4)
  const head = Buffer.concat([header, manifest])
  const { shards } = decodeManifest(manifest.toString('utf8'), platform())
  const files = shards.map(({ name }) => openToRead(`${folder}/${name}`))
  const lengths = [head.length, ...files.map((fd) => fstat(fd).size)]
  return {
    length: total(lengths),
    slice: (from, to) => {
      const bytes = Buffer.allocUnsafe(to - from)
      let at = 0
      for (const [index, length] of lengths.entries()) {
        const [begin, end] = [Math.max(from, at), Math.min(to, at + length)]
        const fd = files[index - 1]
        if (begin < end && fd === undefined) head.copy(bytes, begin - from, begin - at, end - at)
        else if (begin < end && fd !== undefined) read(fd, bytes, begin - from, end - begin, begin - at)
        at += length
      }
      return bytes
    },
    close: () => {
      for (const fd of files) close(fd)
    },
  }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
