import { cp } from 'node:fs/promises'
import { runProcess } from './process.ts'

/**
 * Makes a git repository of a folder's copy, all committed to `main`.
 * @param from the folder to copy
 * @param to the repository's folder; must not exist
 * @throws {Error} when git fails
 */
export async function createRepository(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true })
  await git(to, 'init', '--quiet', '--initial-branch=main')
  await git(to, 'add', '--all')
  await git(to, 'commit', '--quiet', '--message=Start')
}

/**
 * Checks a repository out as actions/checkout leaves it: its own folder, the files' times those of this moment.
 * @param repository a repository's folder
 * @param to must not exist
 * @returns the commit, forty hex digits
 * @throws {Error} when git fails
 */
export async function checkOut(repository: string, to: string): Promise<string> {
  await git(repository, 'clone', '--quiet', '--no-hardlinks', repository, to)
  return git(to, 'rev-parse', 'HEAD')
}

/**
 * Runs git without the user's and the machine's configuration.
 * @param cwd a repository's folder
 * @returns what it printed, without the whitespace around it
 * @throws {Error} when git fails
 */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH ?? '',
    GIT_CONFIG_GLOBAL: process.platform === 'win32' ? 'NUL' : '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Testbed',
    GIT_AUTHOR_EMAIL: 'testbed@example.com',
    GIT_COMMITTER_NAME: 'Testbed',
    GIT_COMMITTER_EMAIL: 'testbed@example.com',
  }
  const { exitCode, stdout, stderr } = await runProcess({ command: 'git', args, cwd, env })
  if (exitCode !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr.trim()}`)
  return stdout.trim()
}
