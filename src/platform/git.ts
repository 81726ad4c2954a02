import * as path from 'node:path'
import { gitSafeguards, processEnv } from './environment.ts'
import { isWithin, lstat, realPath } from './files.ts'
import { type RunResult, run } from './processes.ts'
import { workspaceFolder } from './temp-dirs.ts'

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
): Promise<RunResult | undefined> {
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
export function gitOutside(directory: string, args: readonly string[]): Promise<RunResult | undefined> {
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
  const isNamed = (processEnv().GITHUB_WORKSPACE ?? '') !== ''
  return { args, environment: isNamed ? { GIT_CEILING_DIRECTORIES: path.dirname(workspace) } : {} }
}

/**
 * The bare repository that git would find from a folder, for git before 2.38 (setup.c of git, is_git_directory and
 * setup_git_directory_gently: `.git` counts first, then the folder itself, then those above).
 */
function bareRepositoryAt(directory: string): string | undefined {
  if ((processEnv().GIT_DIR ?? '') !== '') return undefined
  const has = (folder: string, name: string) => lstat(path.join(folder, name)) !== undefined
  for (let folder = realPath(directory); ; folder = path.dirname(folder)) {
    if (has(folder, '.git')) return undefined
    if (has(folder, 'HEAD') && (has(folder, 'objects') || has(folder, 'commondir'))) return folder
    if (path.dirname(folder) === folder) return undefined
  }
}

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

/** More files are not asked about: they are arguments of one command. */
const mostAsked = 100

/**
 * Those of some files that git ignores, also if they are not there.
 *
 * @param directory absolute path
 * @param files paths relative to it
 * @returns none when git cannot tell
 */
export async function ignoredFiles(directory: string, files: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return []
  const listed = await git(directory, ['check-ignore', '--', ...files.slice(0, mostAsked)])
  return listed?.split('\n').filter((file) => file !== '') ?? []
}

/** What git's index says of a tracked file, a link or a submodule. */
export interface IndexEntry {
  /** Path relative to the directory that was asked about, with `/`. */
  readonly path: string
  /** As git writes it: `100644` and `100755` for files, `120000` for links, `160000` for submodules. */
  readonly mode: string
  /** Git's hash of the content, in hexadecimal; of a submodule its commit. */
  readonly id: string
  /**
   * Whether git looks for changes of it. It does not in a merge that is under way, outside of a sparse checkout,
   * and where `git update-index --assume-unchanged` or `--skip-worktree` told it so.
   */
  readonly watched: boolean
}

/** What git answers; or why it cannot, in its own words. */
type IndexListing =
  | { readonly kind: 'listed'; readonly entries: readonly IndexEntry[] }
  | { readonly kind: 'no-git'; readonly why: string }

/** Everything tracked at a directory or below, without what is in submodules. */
export async function indexEntries(directory: string): Promise<IndexListing> {
  const ran = await runGit(directory, ['ls-files', '-z', '-s', '-v'])
  if (ran?.code !== 0) return { kind: 'no-git', why: failureOf(ran) }
  const records = ran.stdout.split('\0').filter((record) => record !== '')
  return { kind: 'listed', entries: records.map(indexEntry) }
}

/** `H 100644 <hash> 0<tab>path` (git-ls-files, -s and -v). */
function indexEntry(record: string): IndexEntry {
  const tab = record.indexOf('\t')
  const [tag, mode = '', id = '', stage] = record.slice(0, tab).split(' ')
  return { path: record.slice(tab + 1), mode, id, watched: tag === 'H' && stage === '0' }
}

/**
 * The tracked files at a directory or below whose content need not be what git's index says, as paths relative
 * to it: those that differ, those that are absent, and those that a filter of the user's own writes (gitattributes,
 * `filter`). Git LFS is no such filter, because the hash of a pointer stands for the content.
 *
 * @returns undefined when git cannot tell
 */
export async function unsureFiles(directory: string): Promise<ReadonlySet<string> | undefined> {
  const ownFilter = ['filter=lfs', '-filter', '!filter'].map((attribute) => `:(exclude,attr:${attribute})`)
  const [changed, filtered] = await Promise.all([
    git(directory, [
      'diff-files',
      '-z',
      '--name-only',
      '--relative',
      '--no-renames',
      '--ignore-submodules=all',
    ]),
    git(directory, ['ls-files', '-z', '--', '.', ...ownFilter]),
  ])
  if (changed === undefined || filtered === undefined) return undefined
  return new Set(`${changed}${filtered}`.split('\0').filter((file) => file !== ''))
}

/**
 * Lets git look again at files whose times changed and whose content did not. Before that, `git diff-index` and
 * `git diff-files` call them changed (git-update-index, "Using --refresh").
 *
 * @returns why it cannot; undefined when it could
 */
export async function refreshIndex(directory: string): Promise<string | undefined> {
  const ran = await runGit(directory, ['update-index', '-q', '--refresh'])
  // 1 says that there are files that differ. With -q git does not say what kept it from its index.
  if (ran !== undefined && ran.code <= 1) return undefined
  return ran?.stderr.trim() === '' ? 'git cannot write its index' : failureOf(ran)
}

/**
 * Writes how folders differ from HEAD, as a patch for `git apply` at the top of the repository. Files that git ignores are
 * in it. Nothing in the repository is touched: the index and the new objects of this are in a scratch folder.
 *
 * @param directory absolute path, in the repository
 * @param folders absolute paths; each is there now or in HEAD
 * @param file absolute path of the patch
 * @param scratch absolute path of an empty folder
 * @returns why it cannot; undefined when it could
 */
export async function writePatch(
  directory: string,
  folders: readonly string[],
  file: string,
  scratch: string,
): Promise<string | undefined> {
  const objects = await git(directory, ['rev-parse', '--git-path', 'objects'])
  const environment = {
    GIT_INDEX_FILE: path.join(scratch, 'index'),
    GIT_OBJECT_DIRECTORY: path.join(scratch, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: path.resolve(directory, objects?.trim() ?? ''),
  }
  const asWritten = [
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
    ['diff', '--cached', ...asWritten, ...prefixes, `--output=${file}`, 'HEAD', '--', ...folders],
  ]) {
    const ran = await runGit(directory, args, environment)
    if (ran?.code !== 0) return failureOf(ran)
  }
  return undefined
}

/**
 * The path that a setting of git names, in the user's or the system's configuration or in variables.
 *
 * @param key such as `http.sslCAInfo`
 * @param directory absolute path of where git is asked
 * @returns with `~` replaced; undefined where it is not set, or there is no git
 */
export async function configuredPath(key: string, directory: string): Promise<string | undefined> {
  const ran = await gitOutside(directory, ['config', '--type=path', '--get', key])
  return ran?.code === 0 ? ran.stdout.replace(/\r?\n$/, '') || undefined : undefined
}

/**
 * Settings of git as they are in force in a folder.
 *
 * @param pattern what their names match, in lower case but for the middle part
 * @returns `name`, a line break and the value, each ended by a NUL; empty when git cannot tell
 */
export async function gitSettings(directory: string, pattern: string): Promise<string> {
  const args = ['config', '--null', '--get-regexp', pattern]
  const ran = await runGit(directory, args)
  if (ran?.code === 0) return ran.stdout
  return (ran === undefined || ran.code === 1 ? undefined : await gitOutside(directory, args))?.stdout ?? ''
}

async function git(directory: string, args: readonly string[]): Promise<string | undefined> {
  const ran = await runGit(directory, args)
  return ran?.code === 0 ? ran.stdout : undefined
}

function failureOf(ran: RunResult | undefined): string {
  if (ran === undefined) return 'there is no git on PATH'
  const line = ran.stderr.split(/\r?\n/).find((text) => text.trim() !== '')
  return line?.replace(/^(?:fatal|error): /, '') ?? `git ended with exit code ${ran.code}`
}
