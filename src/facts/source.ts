import * as path from 'node:path'
import { entriesOf, readBytes } from '../system/files.ts'
import { checkedOut } from '../system/git.ts'

/**
 * What stands for the source that is checked out: git's own hashes, else the content of the module
 * directories.
 *
 * @param workspace absolute path of the checkout
 * @param directories absolute paths of the modules
 * @returns values to hash, in a fixed order
 */
export async function lookAtSource(
  workspace: string,
  directories: readonly string[],
): Promise<readonly string[]> {
  const byGit = await checkedOut(workspace)
  return byGit ?? directories.flatMap((directory) => contentOf(directory, ''))
}

function contentOf(directory: string, relative: string): readonly string[] {
  return entriesOf(path.join(directory, relative)).flatMap((entry) => {
    const name = `${relative}${entry.name}`
    if (entry.isDirectory()) return entry.name === '.git' ? [] : contentOf(directory, `${name}/`)
    if (!entry.isFile()) return [name]
    return [name, (readBytes(path.join(directory, name)) ?? Buffer.alloc(0)).toString('latin1')]
  })
}
