import type { SharedRing } from '../../platform/shared-ring.ts'
import type { Manifest } from './manifest.ts'
import { type Packed, type PackRequest, packEntry, packIntoRings, shardCount } from './pack.ts'

/** An entry that is packed when a store takes it. */
export interface EntrySource {
  /** Number of shards. */
  readonly shards: number
  /** Maximum length of the entry as it is stored, in bytes. A longer one is packed only to learn its length. */
  readonly maxBytes: number
  /**
   * Packs into a folder.
   *
   * @param directory absolute path; missing or empty
   * @returns whether the entry is worth saving
   */
  readonly toFolder: (directory: string) => Promise<boolean>
  /**
   * Packs through memory. The caller takes the bytes while they come.
   *
   * @param rings one for each shard
   * @returns the manifest; undefined when the entry is not worth saving
   */
  readonly toRings: (rings: readonly SharedRing[]) => Promise<Manifest | undefined>
}

/**
 * Returns the entry that packing makes. It is not worth saving when it is empty or exceeds a maximum.
 *
 * @param maxBytes maximum stored size, in bytes
 * @returns `packed` returns the result, once the entry is packed
 */
export function entrySource(
  request: Omit<PackRequest, 'directory'>,
  maxBytes: number,
): EntrySource & { readonly packed: () => Packed | undefined } {
  let packed: Packed | undefined
  const isWorthSaving = (result: Packed) => {
    packed = result
    return result.files > 0 && result.packedBytes <= maxBytes
  }
  return {
    shards: shardCount(request),
    maxBytes,
    toFolder: async (directory) => isWorthSaving(await packEntry({ ...request, directory })),
    toRings: async (rings) => {
      const { manifest, ...result } = await packIntoRings(request, rings)
      return isWorthSaving(result) ? manifest : undefined
    },
    packed: () => packed,
  }
}
