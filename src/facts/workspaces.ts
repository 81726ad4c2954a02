import * as path from 'node:path'
import { isFile } from '../system/files.ts'

/**
 * The go.work file that the go command uses in a directory: GOWORK, else the nearest one there or above
 * (cmd/go/internal/modload/init.go, FindGoWork).
 *
 * @param directory absolute path
 * @param gowork the setting GOWORK; empty when it is not set
 * @returns its absolute path; undefined when there is none
 */
export function goWorkFor(directory: string, gowork: string): string | undefined {
  if (gowork === 'off') return undefined
  if (gowork !== '' && gowork !== 'auto')
    return path.isAbsolute(gowork) && isFile(gowork) ? gowork : undefined
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'go.work')
    if (isFile(file)) return file
    if (path.dirname(folder) === folder) return undefined
  }
}
