import * as fs from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A stage of a stream pipeline between the network and the disk. */
export type Stage = (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>

/** A committed blob. */
export interface StoredBlob {
  /** Changes with every commit; in quotes, as the header wants it. */
  readonly etag: string
  readonly modified: Date
  readonly size: number
  /** The files that make up the content, in order. */
  readonly pieces: readonly Piece[]
}

interface Piece {
  readonly file: string
  readonly size: number
}

/** What becomes of the content of a blob. */
export type Damage = (content: Buffer) => Buffer

/** Block blobs on disk. Blocks stay files of their own after the commit, so that nothing is copied. */
export interface BlobStore {
  /** Stores a whole blob; whatever was staged or committed under the name is replaced. */
  put(name: string, content: Readable, stage: Stage): Promise<StoredBlob>
  /** Stages one block, which becomes content only when a list names it. */
  putBlock(name: string, blockId: string, content: Readable, stage: Stage): Promise<void>
  /** @returns undefined if a block is neither staged nor part of the blob: nothing is changed then */
  commit(name: string, blockIds: readonly string[]): Promise<StoredBlob | undefined>
  get(name: string): StoredBlob | undefined
  remove(name: string): Promise<void>
  /**
   * Damages a committed blob, as a bad disk or an interrupted copy would.
   *
   * @returns puts back what was there
   */
  damage(name: string, damage: Damage): () => void
}

/** @param directory an existing folder that belongs to the store */
export function createBlobStore(directory: string): BlobStore {
  const blobs = new Map<string, StoredBlob>()
  /** Blocks by blob and block id, both staged and committed ones. */
  const blocks = new Map<string, Map<string, Piece>>()
  let files = 0
  let commits = 0

  async function write(content: Readable, stage: Stage): Promise<Piece> {
    files += 1
    const file = join(directory, String(files))
    try {
      await pipeline(content, stage, fs.createWriteStream(file))
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
    return { file, size: fs.statSync(file).size }
  }

  async function replace(name: string, pieces: readonly Piece[]): Promise<StoredBlob> {
    const before = [...(blobs.get(name)?.pieces ?? []), ...(blocks.get(name)?.values() ?? [])]
    commits += 1
    const blob = { etag: `"0x${commits.toString(16).toUpperCase()}"`, modified: new Date(), ...sum(pieces) }
    blobs.set(name, blob)
    const kept = new Set(pieces.map(({ file }) => file))
    await discard(before.filter(({ file }) => !kept.has(file)))
    return blob
  }

  return {
    async put(name, content, stage) {
      const blob = await replace(name, [await write(content, stage)])
      blocks.delete(name)
      return blob
    },
    async putBlock(name, blockId, content, stage) {
      const piece = await write(content, stage)
      const staged = blocks.get(name) ?? new Map<string, Piece>()
      blocks.set(name, staged.set(blockId, piece))
    },
    async commit(name, blockIds) {
      const known = blocks.get(name) ?? new Map<string, Piece>()
      const listed = blockIds.map((id) => [id, known.get(id)] as const)
      if (!listed.every((block): block is readonly [string, Piece] => block[1] !== undefined))
        return undefined
      const blob = await replace(
        name,
        listed.map(([, piece]) => piece),
      )
      blocks.set(name, new Map(listed))
      return blob
    },
    get: (name) => blobs.get(name),
    async remove(name) {
      const pieces = [...(blobs.get(name)?.pieces ?? []), ...(blocks.get(name)?.values() ?? [])]
      blobs.delete(name)
      blocks.delete(name)
      await discard(pieces)
    },
    damage(name, damage) {
      const blob = blobs.get(name)
      if (blob === undefined || blob.size === 0) throw new Error(`blob ${name} has no content to damage`)
      const content = damage(Buffer.concat(blob.pieces.map(({ file }) => fs.readFileSync(file))))
      files += 1
      const file = join(directory, String(files))
      fs.writeFileSync(file, content)
      blobs.set(name, { ...blob, ...sum([{ file, size: content.length }]) })
      return () => void blobs.set(name, blob)
    },
  }
}

/**
 * Reads part of a blob.
 *
 * @param from first byte
 * @param to the byte after the last
 */
export async function* readBlob(blob: StoredBlob, from: number, to: number): AsyncGenerator<Buffer> {
  for (const slice of overlap(blob.pieces, from, to)) {
    const range = { start: slice.from, end: slice.to - 1, highWaterMark: 256 * 1024 }
    yield* fs.createReadStream(slice.piece.file, range)
  }
}

interface Slice {
  readonly piece: Piece
  readonly from: number
  readonly to: number
}

/** Which part of which piece holds the bytes from `from` to before `to`. */
function overlap(pieces: readonly Piece[], from: number, to: number): readonly Slice[] {
  let start = 0
  return pieces.flatMap((piece) => {
    const slice = {
      piece,
      from: Math.max(0, from - start),
      to: Math.min(piece.size, to - start),
    }
    start += piece.size
    return slice.from < slice.to ? [slice] : []
  })
}

function sum(pieces: readonly Piece[]): Pick<StoredBlob, 'pieces' | 'size'> {
  return { pieces, size: pieces.reduce((total, { size }) => total + size, 0) }
}

async function discard(pieces: readonly Piece[]): Promise<void> {
  await Promise.all(pieces.map(({ file }) => rm(file, { force: true })))
}
