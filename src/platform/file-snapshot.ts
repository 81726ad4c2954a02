import { readBytes, remove, writeFile } from './files.ts'

/** Files as they were at one moment. */
interface FileSnapshot {
  /** Those that are not what they were. */
  readonly changed: () => readonly string[]
  /** Makes all of them what they were. */
  readonly putBack: () => void
}

/**
 * Remembers files, because go commands write to go.mod and go.sum by themselves, and what is checked out is
 * not this action's to change.
 *
 * @param files absolute paths; they need not exist
 */
export function snapshotFiles(files: readonly string[]): FileSnapshot {
  const before = files.map((file) => [file, readBytes(file)] as const)
  const changed = () => before.filter(([file, content]) => !same(content, readBytes(file)))
  return {
    changed: () => changed().map(([file]) => file),
    putBack: () => {
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
