import { arch } from 'node:os'

/** What set the run off: the part of the `github` context that a test chooses. */
export type RunEvent = {
  /** `push`, `pull_request`, `schedule` ... */
  readonly name: string
  /** `refs/heads/main`, `refs/tags/v1.0.0`, `refs/pull/7/merge` ... */
  readonly ref: string
  /** The commit; forty hex digits. */
  readonly sha: string
  /** The webhook's payload, written to the file that GITHUB_EVENT_PATH names. */
  readonly payload: Readonly<Record<string, unknown>>
  /** For pull requests: the branch names of both sides. */
  readonly headRef?: string
  readonly baseRef?: string
}

/** The repository all test runs belong to. */
export const repositoryName = 'org/service'

/** Every job is of a run of its own. */
let runs = 0
const unknownCommit = '0'.repeat(40)
const repository = { full_name: repositoryName, default_branch: 'main', fork: false, private: true }

/** A push to a branch of a repository whose default branch is `main`. */
export function push(branch = 'main', sha = unknownCommit): RunEvent {
  const ref = `refs/heads/${branch}`
  return { name: 'push', ref, sha, payload: { ref, after: sha, repository } }
}

/**
 * A pull request into `main`.
 * @param from the branch it comes from, and whether that lies in a fork
 */
export function pullRequest(from: { branch: string; fork?: boolean; sha?: string }): RunEvent {
  const { branch, fork = false, sha = unknownCommit } = from
  const head = { ref: branch, sha, repo: { full_name: fork ? 'someone/service' : repositoryName, fork } }
  const pull = { number: 7, head, base: { ref: 'main', repo: repository } }
  return {
    name: 'pull_request',
    ref: 'refs/pull/7/merge',
    sha,
    headRef: branch,
    baseRef: 'main',
    payload: { action: 'synchronize', number: 7, pull_request: pull, repository },
  }
}

/**
 * The GITHUB_* and RUNNER_* variables every step of a job gets, but for those that name a step's own files.
 * Source: GitHubContext.cs and RunnerContext.cs of actions/runner.
 * @param folders absolute paths
 */
export function contextVariables(
  event: RunEvent,
  folders: { workspace: string; temp: string; toolCache: string; eventFile: string },
): Record<string, string> {
  const [, kind = '', ...name] = event.ref.split('/')
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_BASE_REF: event.baseRef ?? '',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: folders.eventFile,
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_HEAD_REF: event.headRef ?? '',
    GITHUB_JOB: 'test',
    GITHUB_REF: event.ref,
    GITHUB_REF_NAME: name.join('/'),
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_REF_TYPE: kind === 'tags' ? 'tag' : 'branch',
    GITHUB_REPOSITORY: repositoryName,
    GITHUB_REPOSITORY_ID: '1',
    GITHUB_REPOSITORY_OWNER: repositoryName.split('/')[0] ?? '',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: String(++runs),
    GITHUB_RUN_NUMBER: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: event.sha,
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_WORKFLOW: 'test',
    GITHUB_WORKFLOW_REF: `${repositoryName}/.github/workflows/test.yml@${event.ref}`,
    GITHUB_WORKFLOW_SHA: event.sha,
    GITHUB_WORKSPACE: folders.workspace,
    RUNNER_ARCH: arch() === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_ENVIRONMENT: 'self-hosted',
    RUNNER_NAME: 'testbed',
    RUNNER_OS: operatingSystem(),
    RUNNER_TEMP: folders.temp,
    RUNNER_TOOL_CACHE: folders.toolCache,
  }
}

function operatingSystem(): string {
  if (process.platform === 'win32') return 'Windows'
  return process.platform === 'darwin' ? 'macOS' : 'Linux'
}
