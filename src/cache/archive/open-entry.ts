import type { SharedRing } from '../../platform/shared-ring.ts'
import { entryLength, type Manifest, readManifest } from './manifest.ts'

/** Location of a shard in a file. */
export interface FilePlace {
  /** Absolute path of the file. */
  readonly file: string
  /** Offset in that file where the shard begins, in bytes; undefined: it is the whole file. */
  readonly at?: number
}

/** Location of a shard's bytes: a file, or memory that a download fills. */
export type ShardPlace = FilePlace | { readonly ring: SharedRing }

/** The manifest of an entry, and the locations of its shards. */
export interface PlacedEntry {
  readonly manifest: Manifest
  /** The locations, in the order of the manifest. */
  readonly places: readonly ShardPlace[]
}

/** An entry that a store found. Its shards may still be arriving. */
export interface OpenEntry extends PlacedEntry {
  /** Length of the entry as it is stored, in bytes. */
  readonly bytes: number
  /** Resolves when everything has arrived; rejects when the download failed. */
  readonly done: Promise<void>
  /** Ends the download early. */
  readonly stop: () => void
}

/**
 * Opens an entry in a folder.
 *
 * @param directory absolute path of the entry's folder
 * @throws CorruptArchive when it has no valid manifest
 */
export function openFolder(directory: string): OpenEntry {
  const manifest = readManifest(directory)
  const places = manifest.shards.map(({ name }) => ({ file: `${directory}/${name}` }))
  return { manifest, places, bytes: entryLength(manifest), done: Promise.resolve(), stop: () => undefined }
}
