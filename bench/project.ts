import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { git } from '../testbed/git-repository.ts'
import { runProcess } from '../testbed/process.ts'
import { removeTree } from '../testbed/remove-tree.ts'
import { ownSources, readersOf, revisions, type Sizes } from './source-code.ts'

/** The names of the folders in `projects/`. */
export type ProjectName = 'big' | 'small'

/** A state of the measured repository. */
export interface Moment {
  /** Number of edited lines since the first commit. */
  readonly edits: number
  /** Number of applied bumps, in their order. */
  readonly bumps: number
}

/** The measured repository. */
export interface Project {
  readonly name: ProjectName
  /** The names of the bumps, in their order. */
  readonly bumps: readonly string[]
  /** Number of packages whose tests read files, and take time on request. */
  readonly readers: number
  /** Makes a commit of a state of the repository, or finds the existing one. */
  readonly commit: (moment: Moment) => Promise<Commit>
  /** Makes a separate, vendored repository. */
  readonly vendored: (goEnvironment: Readonly<Record<string, string>>) => Promise<Commit>
}

/** A commit that a job can check out. */
export interface Commit {
  /** Absolute path of the repository. */
  readonly repository: string
  readonly sha: string
}

const packages: Readonly<Record<ProjectName, number>> = { big: 100, small: 12 }

/** Absolute path of a project's go.mod, go.sum, bumps and adapters. */
export function projectFolder(name: ProjectName): string {
  return path.join(import.meta.dirname, 'projects', name)
}

/** The bumps of a project, as files of its folder `bumps`, in their order. */
export function bumpsOf(name: ProjectName): readonly string[] {
  return readdirSync(path.join(projectFolder(name), 'bumps')).sort()
}

/**
 * Writes the measured repository: a hundred own packages (a dozen in the small one), one of them imported by
 * half of all, three mains, tests that read testdata, and adapters that import real modules.
 *
 * @param name name of the project
 * @param folder absolute path of a folder for it
 */
export async function createProject(name: ProjectName, folder: string): Promise<Project> {
  const source = projectFolder(name)
  const adapters = readdirSync(path.join(source, 'adapters')).map((adapter) => `adapters/${adapter}`)
  const sizes: Sizes = { packages: packages[name], adapters }
  const bumps = bumpsOf(name)
  const repository = path.join(folder, 'repository')
  const known = new Map<string, string>()
  await writeFirst(source, repository, sizes)

  return {
    name,
    bumps: bumps.map((file) => file.replace(/^\d+-|\.patch$/g, '')),
    readers: readersOf(sizes),
    async commit(moment) {
      const label = `${moment.edits} edits, ${moment.bumps} bumps`
      const sha = known.get(label) ?? (await commitState(label, moment))
      known.set(label, sha)
      return { repository, sha }
    },
    async vendored(goEnvironment) {
      const copy = path.join(folder, 'vendored')
      await removeTree(copy)
      await writeFirst(source, copy, sizes)
      await go(copy, goEnvironment, 'mod', 'vendor')
      return { repository: copy, sha: await commitAll(copy, 'Vendor') }
    },
  }

  async function commitState(label: string, { edits, bumps: count }: Moment): Promise<string> {
    for (const name of ['go.mod', 'go.sum']) cpSync(path.join(source, name), path.join(repository, name))
    for (const bump of bumps.slice(0, count)) await git(repository, 'apply', path.join(source, 'bumps', bump))
    writeAll(repository, revisions(sizes, edits))
    return commitAll(repository, label)
  }
}

/**
 * Runs the go command for the bench itself; jobs run theirs through the runner, which is measured.
 *
 * @throws {Error} when it fails
 */
export async function go(
  cwd: string,
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, GOFLAGS: '-modcacherw', GOWORK: 'off', ...environment }
  const { exitCode, stdout, stderr } = await runProcess({ command: 'go', args, cwd, env })
  if (exitCode !== 0) throw new Error(`go ${args.join(' ')} failed: ${stderr.trim()}`)
  return stdout.trim()
}

async function writeFirst(source: string, repository: string, sizes: Sizes): Promise<void> {
  mkdirSync(repository, { recursive: true })
  for (const name of ['go.mod', 'go.sum', 'adapters'])
    cpSync(path.join(source, name), path.join(repository, name), { recursive: true })
  writeAll(repository, ownSources(sizes, 0))
  await git(repository, 'init', '--quiet', '--initial-branch=main')
  await commitAll(repository, 'Start')
}

async function commitAll(repository: string, label: string): Promise<string> {
  await git(repository, 'add', '--all')
  await git(repository, 'commit', '--quiet', '--allow-empty', `--message=${label}`)
  return git(repository, 'rev-parse', 'HEAD')
}

function writeAll(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** The text of go.sum files: identifies the modules of a project, to check that all are there. */
export function checksums(name: ProjectName): string {
  const folder = projectFolder(name)
  const bumps = bumpsOf(name).map((bump) => path.join(folder, 'bumps', bump))
  return [path.join(folder, 'go.sum'), ...bumps].map((file) => readFileSync(file, 'utf8')).join('\n')
}
