import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { type ActJob, parseActOutput } from './act-output.ts'
import { git } from './git-repository.ts'
import { runProcess } from './process.ts'
import { removeTree } from './remove-tree.ts'
import { repositoryName } from './runner/github-context.ts'

/** A workflow to run on this machine. */
export type WorkflowRun = {
  /** A folder to run it in; copied, never changed. With or without `.git`. */
  readonly repository: string
  /** The workflow's YAML; `runs-on: ubuntu-latest` is this machine. */
  readonly workflow: string
  /** HOME of all steps: kept between runs by whoever wants warm caches. */
  readonly home: string
  /** What all steps see besides PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>
  /** ACTIONS_* variables of a cache service. act gives them to `run:` steps too, unlike GitHub. */
  readonly cacheEnvironment?: Readonly<Record<string, string>>
  /** Absolute path of the storage of act's own cache server, which it then starts. */
  readonly cacheServer?: string
  /** What `${{ secrets.NAME }}` is, by name. */
  readonly secrets?: Readonly<Record<string, string>>
  /** By default a push to `main`, the default branch. */
  readonly event?: { readonly name: string; readonly payload: Readonly<Record<string, unknown>> }
  /** After so long the run is interrupted; milliseconds. */
  readonly timeoutMs: number
  /** The folder with action.yml and dist/; by default this repository. */
  readonly actionDirectory?: string
}

/** How a workflow ended. */
export type WorkflowResult = {
  /** 0 when all jobs succeeded. */
  readonly exitCode: number
  /** Everything act showed, masked, one line per line of log. */
  readonly output: string
  /** In the order they began; a matrix makes several. */
  readonly jobs: readonly ActJob[]
  /** Every job summary part, in the order the steps ended. */
  readonly summaries: readonly string[]
}

const root = dirname(import.meta.dirname)
const act = join(root, '.tools', 'bin', process.platform === 'win32' ? 'act.exe' : 'act')
const defaultEvent = {
  name: 'push',
  payload: {
    ref: 'refs/heads/main',
    repository: { full_name: repositoryName, default_branch: 'main', private: true },
  },
}

/**
 * Runs a workflow with nektos/act in host mode: without docker, with `org/go-deps-action@v0` taken from disk and
 * `actions/checkout` replaced by a copy of the repository. Jobs run one after the other; a matrix needs
 * `max-parallel: 1` for that. Each job gets a workspace of another, random name.
 * @throws {Error} when act cannot be started (scripts/run.mjs installs it)
 */
export async function runWorkflow(run: WorkflowRun): Promise<WorkflowResult> {
  const folder = await mkdtemp(join(tmpdir(), 'act-'))
  try {
    const repository = join(folder, 'repository')
    await copyRepository(run.repository, repository)
    // Outside the repository, so that the checked-out tree is exactly the one that was committed.
    await writeFile(join(folder, 'e2e.yml'), run.workflow)
    const action = join(folder, 'action')
    await copyAction(run.actionDirectory ?? root, action)
    const { name, payload } = run.event ?? defaultEvent
    await writeFile(join(folder, 'event.json'), JSON.stringify(payload))
    const secrets = Object.entries(run.secrets ?? {}).map(([secret, value]) => {
      // Only in quotes can one have several lines (github.com/joho/godotenv).
      return `${secret}=${value.includes('\n') ? JSON.stringify(value) : value}\n`
    })
    await writeFile(join(folder, 'secrets'), secrets.join(''))
    const { exitCode, stdout, stderr } = await runProcess({
      command: act,
      args: actArguments(run, { folder, repository, action, event: name }),
      cwd: repository,
      env: actEnvironment(run, folder),
      signal: AbortSignal.timeout(run.timeoutMs),
    })
    return { exitCode, ...parseActOutput(stdout, stderr) }
  } finally {
    await removeTree(folder)
  }
}

/** Copies the repository as it is and says where it comes from: act reads GITHUB_REPOSITORY off the remote. */
async function copyRepository(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true })
  if (existsSync(join(to, '.git'))) {
    await git(to, 'config', 'remote.origin.url', `https://github.com/${repositoryName}`)
  }
}

/** act packs the whole folder of a local action into memory: it gets what a release holds and nothing else. */
async function copyAction(from: string, to: string): Promise<void> {
  await mkdir(to)
  const parts = ['action.yml', 'dist', 'restore', 'save'].filter((name) => existsSync(join(from, name)))
  for (const name of parts) await cp(join(from, name), join(to, name), { recursive: true })
}

function actArguments(
  { cacheServer, cacheEnvironment = {} }: WorkflowRun,
  place: { folder: string; repository: string; action: string; event: string },
): string[] {
  const { folder, repository, action, event } = place
  return [
    event,
    ...['-C', repository],
    ...['-W', join(folder, 'e2e.yml')],
    ...['-P', 'ubuntu-latest=-self-hosted'],
    ...['-e', join(folder, 'event.json')],
    ...['--secret-file', join(folder, 'secrets')],
    ...['--action-cache-path', join(folder, 'act')],
    ...['--local-repository', `org/go-deps-action@v0=${action}`],
    '--action-offline-mode',
    ...(cacheServer === undefined ? ['--no-cache-server'] : ['--cache-server-path', cacheServer]),
    // Without these act asks the network for its own address.
    ...['--cache-server-addr', '127.0.0.1', '--artifact-server-addr', '127.0.0.1'],
    ...['--concurrent-jobs', '1'],
    '--json',
    ...Object.entries(cacheEnvironment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ]
}

/** act hands its own environment to every step, so it gets none of ours but what is named here. */
function actEnvironment(run: WorkflowRun, folder: string): Record<string, string> {
  return {
    ...run.env,
    PATH: [dirname(process.execPath), run.env?.PATH ?? process.env.PATH ?? ''].join(delimiter),
    HOME: run.home,
    XDG_CONFIG_HOME: join(folder, 'config'),
  }
}
