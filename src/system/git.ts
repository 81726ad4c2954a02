import { run } from './run.ts'

/** Git refuses to look at checkouts of another owner, as containers have them, unless told otherwise. */
const always = ['-c', 'safe.directory=*', '-c', 'core.quotepath=off']

/**
 * The tracked files of this name below a directory, as paths relative to it with `/`.
 *
 * @returns undefined when git cannot tell: no git, or no repository
 */
export async function trackedFiles(directory: string, name: string): Promise<readonly string[] | undefined> {
  const listed = await git(directory, ['ls-files', '-z', '--', name, `*/${name}`])
  return listed?.split('\0').filter((file) => file !== '')
}

/**
 * What is checked out: the tree of HEAD and what tracked files differ from it.
 *
 * @returns undefined when git cannot tell
 */
export async function checkedOut(directory: string): Promise<readonly string[] | undefined> {
  const [tree, changes] = await Promise.all([
    git(directory, ['rev-parse', 'HEAD^{tree}']),
    git(directory, ['diff', 'HEAD', '--binary', '--no-color', '--no-ext-diff', '--no-textconv']),
  ])
  return tree === undefined || changes === undefined ? undefined : [tree.trim(), changes]
}

async function git(directory: string, args: readonly string[]): Promise<string | undefined> {
  const ran = await run('git', [...always, ...args], {
    cwd: directory,
    environment: { GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
  })
  return ran?.code === 0 ? ran.stdout : undefined
}
