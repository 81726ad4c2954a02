import * as fs from 'node:fs'
import * as path from 'node:path'

/** Number and lengths of the files below a folder: another text when something was written there. */
export function growthBelow(folder: string): string {
  let [files, bytes] = [0, 0]
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of entries(next)) {
      const file = path.join(next, entry.name)
      if (entry.isDirectory()) folders.push(file)
      else {
        files++
        bytes += fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0
      }
    }
  }
  return `${files} files, ${bytes} bytes`
}

/** A go command moves folders while they are read. */
function entries(folder: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
