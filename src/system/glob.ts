import * as path from 'node:path'
import { create } from '@actions/glob'

/**
 * The directories below a place that match a pattern in the syntax of @actions/glob.
 *
 * @param pattern a relative path or glob
 * @param start absolute path of where it is looked up
 */
export async function directoriesMatching(pattern: string, start: string): Promise<readonly string[]> {
  const globber = await create(path.join(globLiteral(start), pattern), {
    matchDirectories: true,
    implicitDescendants: false,
    followSymbolicLinks: false,
  })
  return globber.glob()
}

/** A path in which no character has a meaning to @actions/glob. */
function globLiteral(directory: string): string {
  // Brackets are the only way to escape that works on Windows, too, where the backslash separates.
  return directory.replaceAll(/[[?*]/g, '[$&]')
}
