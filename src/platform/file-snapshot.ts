import { readBytes, remove, writeFile } from './files.ts'

/** The content of files at one moment. */
interface FileSnapshot {
  /** The files whose content differs from the snapshot. */
  readonly changed: () => readonly string[]
  /** Restores the content of all of them. */
  readonly restore: () => void
}

/**
 * Takes a snapshot of files. Go commands write to go.mod and go.sum on their own, and this action must not change the
 * checkout.
 *
 * @param files absolute paths; they need not exist
 */
export function snapshotFiles(files: readonly string[]): FileSnapshot {
  const before = files.map((file) => [file, readBytes(file)] as const)
  const changed = () => before.filter(([file, content]) => !same(content, readBytes(file)))
  return {
    changed: () => changed().map(([file]) => file),
    restore: () => {
      for (const [file, content] of changed()) {
        if (content === undefined) remove(file)
        else writeFile(file, content)
      }
    },
  }
}

function same(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b)
}
