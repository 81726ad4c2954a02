import { CorruptArchive } from '../../errors.ts'
import { platform } from '../../platform/machine.ts'
import { decodeManifest, encodeManifest, largestManifest, type Manifest } from '../archive/manifest.ts'

/**
 * The layout of a stored object: its head, then the shards one after the other. The head is a skippable frame of zstd
 * with the manifest (RFC 8878, 3.1.2). The object holds nothing that any other program unpacks.
 */
const skippable = { magic: 0x184d2a51, header: 8 }

/** Encodes the head of an object. */
export function encodeHead(manifest: Manifest): Buffer {
  const text = Buffer.from(encodeManifest(manifest))
  const header = Buffer.alloc(skippable.header)
  header.writeUInt32LE(skippable.magic, 0)
  header.writeUInt32LE(text.length, 4)
  return Buffer.concat([header, text])
}

/**
 * Returns the length of an object's head in bytes.
 *
 * @param start the first bytes of the object, untrusted
 * @param size length of the object in bytes
 * @throws CorruptArchive when it is no head
 */
export function headLength(start: Buffer, size: number): number {
  if (start.length < skippable.header || start.readUInt32LE(0) !== skippable.magic)
    throw new CorruptArchive('it does not begin with a manifest')
  const length = start.readUInt32LE(4)
  if (length > largestManifest) throw new CorruptArchive(`its manifest has ${length} bytes`)
  if (skippable.header + length > size) throw new CorruptArchive('it ends within its manifest')
  return skippable.header + length
}

/**
 * Decodes the head of an object.
 *
 * @param head the whole head, untrusted
 * @param size length of the object in bytes
 * @throws CorruptArchive when the manifest is invalid, or describes an object of another length
 */
export function decodeHead(head: Buffer, size: number): Manifest {
  const manifest = decodeManifest(head.toString('utf8', skippable.header), platform())
  const length = manifest.shards.reduce((sum, shard) => sum + shard.length, head.length)
  if (size !== length) throw new CorruptArchive(`it has ${size} bytes instead of ${length}`)
  return manifest
}
