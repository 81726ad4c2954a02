import * as path from 'node:path'
import { gitSafeguards, type Variables, withVariables } from './environment.ts'
import { isWithin, lstat, realPath } from './files.ts'
import { type RunResult, run } from './processes.ts'
import { workspaceFolder } from './temp-dirs.ts'

/**
 * Git settings for every call. A checkout can contain a bare repository as plain files, whose configuration names
 * programs to run. Git must not use one as the repository of its working directory (git-config(1),
 * `safe.bareRepository`, since git 2.38). A vendor directory may have paths of more than 260 characters, which Git for
 * Windows reads only with `core.longpaths`.
 */
const commonArgs = [
  ...gitSafeguards,
  ['safe.bareRepository', 'explicit'],
  ['core.quotepath', 'off'],
  ['core.longpaths', 'true'],
].flatMap(([key, value]) => ['-c', `${key}=${value}`])

/** Variables for every call. Git must use only this machine, and not fetch a repository's missing objects. */
const commonVariables = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  LC_ALL: 'C',
}

/**
 * Runs git in a folder of a repository, so that nothing in the checkout makes it start a program.
 *
 * @param directory absolute path of the working directory
 * @param variables the variables that git gets
 * @returns undefined when there is no git
 */
export function runGit(
  directory: string,
  args: readonly string[],
  variables: Variables,
): Promise<RunResult | undefined> {
  const bare = bareRepositoryAt(directory, variables)
  if (bare !== undefined) {
    const stderr = `${bare} looks like a bare repository, whose settings are not trusted`
    return Promise.resolve({ code: 128, stdout: '', stderr, seconds: 0 })
  }
  const limits = limitsFor(directory, variables)
  return run('git', [...commonArgs, ...limits.args, ...args], {
    cwd: directory,
    variables: withVariables(variables, { ...commonVariables, ...limits.variables }),
  })
}

/**
 * Runs git outside of any repository, so that only the user, the system and the variables configure it.
 *
 * @param directory absolute path of the working directory
 * @returns undefined when there is no git
 */
export function gitOutside(
  directory: string,
  args: readonly string[],
  variables: Variables,
): Promise<RunResult | undefined> {
  // With a GIT_DIR that does not exist, git finds no repository and does not search the folders above.
  return run('git', [...commonArgs, ...args], {
    cwd: directory,
    variables: withVariables(variables, {
      ...commonVariables,
      GIT_DIR: path.join(directory, 'no-repository'),
    }),
  })
}

/**
 * Returns where git may look for the repository of a folder. By default, git refuses repositories of another owner,
 * such as checkouts in containers. Only the checkout is exempt from that, and git does not search above it.
 */
function limitsFor(
  directory: string,
  variables: Variables,
): {
  readonly args: readonly string[]
  readonly variables: Readonly<Record<string, string>>
} {
  const workspace = realPath(workspaceFolder(variables))
  if (!isWithin(workspace, realPath(directory))) return { args: [], variables: {} }
  const args = ['-c', 'safe.directory=*']
  const isNamed = (variables.GITHUB_WORKSPACE ?? '') !== ''
  return { args, variables: isNamed ? { GIT_CEILING_DIRECTORIES: path.dirname(workspace) } : {} }
}

/**
 * Returns the bare repository that git would find from a folder, for git before 2.38. Git checks `.git` first, then the
 * folder itself, then those above (setup.c of git, is_git_directory and setup_git_directory_gently).
 */
function bareRepositoryAt(directory: string, variables: Variables): string | undefined {
  if ((variables.GIT_DIR ?? '') !== '') return undefined
  const has = (folder: string, name: string) => lstat(path.join(folder, name)) !== undefined
  for (let folder = realPath(directory); ; folder = path.dirname(folder)) {
    if (has(folder, '.git')) return undefined
    if (has(folder, 'HEAD') && (has(folder, 'objects') || has(folder, 'commondir'))) return folder
    if (path.dirname(folder) === folder) return undefined
  }
}

/**
 * Lists the tracked files of this name below a directory, as paths relative to it with `/`.
 *
 * @returns undefined when there is no git or no repository
 */
export async function trackedFiles(
  directory: string,
  name: string,
  variables: Variables,
): Promise<readonly string[] | undefined> {
  const listed = await git(directory, ['ls-files', '-z', '--', name, `*/${name}`], variables)
  return listed?.split('\0').filter((file) => file !== '')
}

/**
 * Identifies what is checked out: the tree of HEAD and the diff of tracked files against it.
 *
 * @returns undefined when git fails
 */
export async function checkedOut(
  directory: string,
  variables: Variables,
): Promise<readonly string[] | undefined> {
  const [tree, changes] = await Promise.all([
    git(directory, ['rev-parse', 'HEAD^{tree}'], variables),
    git(directory, ['diff', 'HEAD', '--binary', '--no-color', '--no-ext-diff', '--no-textconv'], variables),
  ])
  return tree === undefined || changes === undefined ? undefined : [tree.trim(), changes]
}

/** Maximum number of files in a query, because they are arguments of one command. */
const maxQueried = 100

/**
 * Returns those of some files that git ignores, whether they exist or not.
 *
 * @param directory absolute path
 * @param files paths relative to it; those after the first 100 are not checked
 * @returns empty when git fails
 */
export async function ignoredFiles(
  directory: string,
  files: readonly string[],
  variables: Variables,
): Promise<readonly string[]> {
  if (files.length === 0) return []
  const listed = await git(directory, ['check-ignore', '--', ...files.slice(0, maxQueried)], variables)
  return listed?.split('\n').filter((file) => file !== '') ?? []
}

/** An entry of git's index: a tracked file, a link or a submodule. */
export interface IndexEntry {
  /** Path relative to the directory of the query, with `/`. */
  readonly path: string
  /** Mode as git writes it: `100644` and `100755` for files, `120000` for links, `160000` for submodules. */
  readonly mode: string
  /** Git's hash of the content, in hexadecimal; for a submodule, its commit. */
  readonly id: string
  /**
   * Whether git checks it for changes. Git does not in an unfinished merge, outside of a sparse checkout, or after
   * `git update-index --assume-unchanged` or `--skip-worktree`.
   */
  readonly watched: boolean
}

/** The entries of git's index, or git's reason why it has none. */
type IndexListing =
  | { readonly kind: 'listed'; readonly entries: readonly IndexEntry[] }
  | { readonly kind: 'no-git'; readonly why: string }

/** Lists everything tracked at a directory or below, without the content of submodules. */
export async function indexEntries(directory: string, variables: Variables): Promise<IndexListing> {
  const ran = await runGit(directory, ['ls-files', '-z', '-s', '-v'], variables)
  if (ran?.code !== 0) return { kind: 'no-git', why: failureOf(ran) }
  const records = ran.stdout.split('\0').filter((record) => record !== '')
  return { kind: 'listed', entries: records.map(indexEntry) }
}

/** Parses `H 100644 <hash> 0<tab>path` (git-ls-files, -s and -v). */
function indexEntry(record: string): IndexEntry {
  const tab = record.indexOf('\t')
  const [tag, mode = '', id = '', stage] = record.slice(0, tab).split(' ')
  return { path: record.slice(tab + 1), mode, id, watched: tag === 'H' && stage === '0' }
}

/**
 * Lists the tracked files at a directory or below whose content may differ from git's index, as paths relative to it.
 * These are changed files, absent files, and files that a user-defined filter writes (gitattributes, `filter`). Git LFS
 * does not count as such a filter, because the hash of a pointer identifies the content.
 *
 * @returns undefined when git fails
 */
export async function unsureFiles(
  directory: string,
  variables: Variables,
): Promise<ReadonlySet<string> | undefined> {
  const ownFilter = ['filter=lfs', '-filter', '!filter'].map((attribute) => `:(exclude,attr:${attribute})`)
  const [changed, filtered] = await Promise.all([
    git(
      directory,
      ['diff-files', '-z', '--name-only', '--relative', '--no-renames', '--ignore-submodules=all'],
      variables,
    ),
    git(directory, ['ls-files', '-z', '--', '.', ...ownFilter], variables),
  ])
  if (changed === undefined || filtered === undefined) return undefined
  return new Set(`${changed}${filtered}`.split('\0').filter((file) => file !== ''))
}

/**
 * Refreshes git's index for files whose times changed but whose content did not. Before that, `git diff-index` and `git
 * diff-files` report them as changed (git-update-index, "Using --refresh").
 *
 * @returns why it failed; undefined on success
 */
export async function refreshIndex(directory: string, variables: Variables): Promise<string | undefined> {
  const ran = await runGit(directory, ['update-index', '-q', '--refresh'], variables)
  // Exit code 1 means that files differ. With -q, git does not print why it cannot write its index.
  if (ran !== undefined && ran.code <= 1) return undefined
  return ran?.stderr.trim() === '' ? 'git cannot write its index' : failureOf(ran)
}

/**
 * Writes the differences of folders from HEAD as a patch for `git apply` at the top of the repository. It includes
 * files that git ignores. The repository stays unchanged: the index and new objects go to a scratch folder.
 *
 * @param directory absolute path, in the repository
 * @param folders absolute paths; each exists now or in HEAD
 * @param file absolute path of the patch
 * @param scratch absolute path of an empty folder
 * @returns why it failed; undefined on success
 */
export async function writePatch(
  directory: string,
  folders: readonly string[],
  file: string,
  scratch: string,
  variables: Variables,
): Promise<string | undefined> {
  const objects = await git(directory, ['rev-parse', '--git-path', 'objects'], variables)
  const isolated = withVariables(variables, {
    GIT_INDEX_FILE: path.join(scratch, 'index'),
    GIT_OBJECT_DIRECTORY: path.join(scratch, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: path.resolve(directory, objects?.trim() ?? ''),
  })
  const diffOptions = [
    '--binary',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--no-renames',
    '--no-relative',
  ]
  const prefixes = ['--src-prefix=a/', '--dst-prefix=b/']
  for (const args of [
    ['read-tree', 'HEAD'],
    ['add', '--force', '--all', '--', ...folders],
    ['diff', '--cached', ...diffOptions, ...prefixes, `--output=${file}`, 'HEAD', '--', ...folders],
  ]) {
    const ran = await runGit(directory, args, isolated)
    if (ran?.code !== 0) return failureOf(ran)
  }
  return undefined
}

/**
 * Returns the path in a git setting of the user's or the system's configuration, or of the variables.
 *
 * @param key such as `http.sslCAInfo`
 * @param directory absolute path of the working directory
 * @returns the path with `~` expanded; undefined when it is not set, or there is no git
 */
export async function configuredPath(
  key: string,
  directory: string,
  variables: Variables,
): Promise<string | undefined> {
  const ran = await gitOutside(directory, ['config', '--type=path', '--get', key], variables)
  const file = ran?.code === 0 ? ran.stdout.replace(/\r?\n$/, '') : ''
  // Git prints slashes on Windows, too.
  return file === '' ? undefined : path.normalize(file)
}

/**
 * Returns the git settings in effect in a folder.
 *
 * @param directory absolute path
 * @param pattern regular expression for their names, which are in lower case except for the middle part
 * @returns `name`, a line break and the value, each ended by a NUL; empty when git fails
 */
export async function gitSettings(directory: string, pattern: string, variables: Variables): Promise<string> {
  const args = ['config', '--null', '--get-regexp', pattern]
  const ran = await runGit(directory, args, variables)
  if (ran?.code === 0) return ran.stdout
  return (
    (ran === undefined || ran.code === 1 ? undefined : await gitOutside(directory, args, variables))
      ?.stdout ?? ''
  )
}

async function git(
  directory: string,
  args: readonly string[],
  variables: Variables,
): Promise<string | undefined> {
  const ran = await runGit(directory, args, variables)
  return ran?.code === 0 ? ran.stdout : undefined
}

function failureOf(ran: RunResult | undefined): string {
  if (ran === undefined) return 'git is not on PATH'
  const line = ran.stderr.split(/\r?\n/).find((text) => text.trim() !== '')
  return line?.replace(/^(?:fatal|error): /, '') ?? `git ended with exit code ${ran.code}`
}
