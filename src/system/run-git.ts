import * as path from 'node:path'
import { gitSafeguards } from './child-environment.ts'
import { environment, workspaceFolder } from './environment.ts'
import { isWithin, look, realPath } from './files.ts'
import { type Ran, run } from './run.ts'

/**
 * Settings of every call. A checkout can bring a bare repository along, as plain files, whose configuration names programs
 * to run: git must not take one for the repository of the folder that it is started in (git-config(1),
 * `safe.bareRepository`, since git 2.38).
 */
const always = [...gitSafeguards, ['safe.bareRepository', 'explicit'], ['core.quotepath', 'off']].flatMap(
  ([key, value]) => ['-c', `${key}=${value}`],
)
/** What git asks here it can answer from this machine: a repository that lacks objects must not fetch them. */
const alwaysSet = { GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none', LC_ALL: 'C' }

/**
 * Runs git in a folder of a repository, so that nothing in the checkout makes it start a program.
 *
 * @param directory absolute path of where it runs
 * @param more variables besides those of this process
 * @returns undefined when there is no git
 */
export function runGit(
  directory: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ran | undefined> {
  const bare = bareRepositoryAt(directory)
  if (bare !== undefined) {
    const stderr = `${bare} looks like a bare repository, whose settings are not to be trusted`
    return Promise.resolve({ code: 128, stdout: '', stderr, seconds: 0 })
  }
  const limits = limitsFor(directory)
  return run('git', [...always, ...limits.args, ...args], {
    cwd: directory,
    environment: { ...alwaysSet, ...limits.environment, ...more },
  })
}

/**
 * Runs git where no repository has a say: what is asked is how the user, the system and the variables have set it up.
 *
 * @param directory absolute path of where it runs
 * @returns undefined when there is no git
 */
export function gitOutside(directory: string, args: readonly string[]): Promise<Ran | undefined> {
  // Where there is nothing, git finds no repository, and looks for none in the folders above.
  return run('git', [...always, ...args], {
    cwd: directory,
    environment: { ...alwaysSet, GIT_DIR: path.join(directory, 'no-repository') },
  })
}

/**
 * Where git may look for the repository of a folder. It refuses repositories of another owner, as checkouts in containers
 * are, unless told otherwise; that is told of the checkout alone, and above that git does not look.
 */
function limitsFor(directory: string): {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
} {
  const workspace = realPath(workspaceFolder())
  if (!isWithin(workspace, realPath(directory))) return { args: [], environment: {} }
  const args = ['-c', 'safe.directory=*']
  const isNamed = (environment().GITHUB_WORKSPACE ?? '') !== ''
  return { args, environment: isNamed ? { GIT_CEILING_DIRECTORIES: path.dirname(workspace) } : {} }
}

/**
 * The bare repository that git would find from a folder, for git before 2.38 (setup.c of git, is_git_directory and
 * setup_git_directory_gently: `.git` counts first, then the folder itself, then those above).
 */
function bareRepositoryAt(directory: string): string | undefined {
  if ((environment().GIT_DIR ?? '') !== '') return undefined
  const has = (folder: string, name: string) => look(path.join(folder, name)) !== undefined
  for (let folder = realPath(directory); ; folder = path.dirname(folder)) {
    if (has(folder, '.git')) return undefined
    if (has(folder, 'HEAD') && (has(folder, 'objects') || has(folder, 'commondir'))) return folder
    if (path.dirname(folder) === folder) return undefined
  }
}
