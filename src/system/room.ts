import * as fs from 'node:fs'

/**
 * How much this user may still write to the file system of a directory, in bytes, and how many files; undefined where it has
 * no limit of its own, as btrfs and Windows.
 */
export function roomAt(directory: string): { readonly bytes: number; readonly files: number | undefined } {
  const { bavail, bsize, files, ffree } = fs.statfsSync(directory)
  return { bytes: bavail * bsize, files: files > 0 ? ffree : undefined }
}
