import { close, createFile, platform, read, rename, write } from '../system/sync-files.ts'
import { PackDamaged } from './damaged.ts'
import { decodeManifest } from './decode-manifest.ts'
import { withEntryFile } from './entry-file.ts'
import { encodeManifest, type Manifest, manifestName, partialSuffix } from './manifest.ts'

/** Manifests of a thousand modules are under one MB; this bounds what we read into memory, in bytes. */
export const largestManifest = 64 * 1024 * 1024

/**
 * Reads and checks an entry's manifest.
 *
 * @param directory the entry's folder
 * @throws PackDamaged when there is none, or it is not one of ours
 */
export function readManifest(directory: string): Manifest {
  const text = withEntryFile(`${directory}/${manifestName}`, manifestName, ({ fd, length }) => {
    if (length > largestManifest) throw new PackDamaged(`${manifestName} has ${length} bytes`)
    const bytes = Buffer.alloc(length)
    return bytes.toString('utf8', 0, read(fd, bytes, 0, length))
  })
  return decodeManifest(text, platform)
}

/**
 * Writes an entry's manifest, whole or not at all.
 *
 * @param directory the entry's folder
 * @returns its length in bytes
 */
export function writeManifest(directory: string, manifest: Manifest): number {
  const bytes = Buffer.from(encodeManifest(manifest))
  const target = `${directory}/${manifestName}`
  const fd = createFile(`${target}${partialSuffix}`)
  try {
    write(fd, bytes)
  } finally {
    close(fd)
  }
  rename(`${target}${partialSuffix}`, target)
  return bytes.length
}
