import * as path from 'node:path'
import { filesBelow, look, readBytes } from '../system/files.ts'

/** How a directory tree differs from what it ought to be, by paths in it, with `/`. */
export interface TreeDrift {
  readonly changed: readonly string[]
  /** Those whose content differs in the ends of lines only. */
  readonly lineEnds: readonly string[]
  readonly missing: readonly string[]
  readonly extra: readonly string[]
}

/**
 * Compares a directory tree with what it ought to be, file by file. Modes and times do not count, nor do empty
 * directories, of which git knows nothing.
 *
 * @param ought absolute path; a tree that is not there holds no files
 * @param is the same
 */
export function treeDrift(ought: string, is: string): TreeDrift {
  const [wanted, there] = [filesBelow(ought), filesBelow(is)]
  const [wantedSet, thereSet] = [new Set(wanted), new Set(there)]
  const changed: string[] = []
  const lineEnds: string[] = []
  for (const file of wanted.filter((one) => thereSet.has(one))) {
    const [a, b] = [path.join(ought, file), path.join(is, file)]
    const bytes = [a, b].map((one) => (look(one)?.isFile() === true ? readBytes(one) : undefined))
    const [one, other] = bytes
    if (one === undefined || other === undefined) changed.push(file)
    else if (!one.equals(other))
      (withoutReturns(one).equals(withoutReturns(other)) ? lineEnds : changed).push(file)
  }
  return {
    changed,
    lineEnds,
    missing: wanted.filter((file) => !thereSet.has(file)),
    extra: there.filter((file) => !wantedSet.has(file)),
  }
}

/** Whether a directory tree holds the same files with the same content as it ought to. */
export function sameTree(ought: string, is: string): boolean {
  return isEmpty(treeDrift(ought, is))
}

/** Whether nothing differs. */
export function isEmpty({ changed, lineEnds, missing, extra }: TreeDrift): boolean {
  return changed.length + lineEnds.length + missing.length + extra.length === 0
}

/** Text as it is with LF at the ends of its lines. Every other byte stays. */
function withoutReturns(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
}
