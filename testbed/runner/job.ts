import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { emulatedVariables } from '../macos/emulation.ts'
import type { User } from '../process.ts'
import { type ActionFile, inputVariables, readActionFile } from './action-file.ts'
import { contextVariables, type RunEvent } from './github-context.ts'
import { runStep, type StepOptions, type StepRequest, type StepResult } from './step.ts'
import { Masks } from './workflow-commands.ts'

/** Where and how a job runs. All paths are absolute. */
export type JobOptions = {
  /** Holds action.yml and what it names. */
  readonly actionDirectory: string
  /** GITHUB_WORKSPACE, and the working directory of every step. */
  readonly workspace: string
  /** HOME (USERPROFILE on Windows). */
  readonly home: string
  /** RUNNER_TEMP; made if missing, never emptied. */
  readonly temp: string
  /** The environment of all steps: nothing but PATH and what else is given here reaches them from outside. */
  readonly env: Readonly<Record<string, string>>
  readonly event: RunEvent
  /** ACTIONS_* variables: actions see them, shell steps do not. */
  readonly cacheEnvironment?: Readonly<Record<string, string>>
  /** Who runs the steps, and a Node that this user may start; by default whoever runs this. */
  readonly user?: User & { readonly node: string }
  /** Undefined for a job without a matrix. */
  readonly matrix?: Readonly<Record<string, unknown>>
  /** GITHUB_* or RUNNER_* variables that shall differ from the usual ones, GITHUB_SERVER_URL for example. */
  readonly context?: Readonly<Record<string, string>>
}

/** A step that uses the action. */
export type ActionStep = StepOptions & {
  /** The folder of a sub-action, as after the repository in `uses`; by default the action itself. */
  readonly folder?: string
  /** The step's `with:`, literally: expressions in it are not evaluated. */
  readonly with?: Readonly<Record<string, string>>
}

type Stage = {
  readonly action: ActionFile
  readonly script: string
  readonly status: string
  readonly signal: AbortSignal | undefined
}

/**
 * Starts a job as GitHub's runner does for a JavaScript action: same variables, same files, same order, on the
 * Node that runs this. Sources: NodeScriptActionHandler.cs, ScriptHandler.cs and StepsRunner.cs of actions/runner.
 * @throws {Error} when the action's declaration cannot be read or is of another kind
 */
export async function startJob(options: JobOptions): Promise<Job> {
  // Fails early for a folder without an action.
  await readActionFile(options.actionDirectory)
  const folder = join(options.temp, '_github_workflow')
  await mkdir(folder, { recursive: true })
  const eventFile = join(folder, 'event.json')
  await writeFile(eventFile, JSON.stringify(options.event.payload))
  return new Job(options, eventFile)
}

/** A running job: its steps one after the other, then `end`. */
export class Job {
  readonly #options: JobOptions
  readonly #context: Readonly<Record<string, string>>
  readonly #masks = new Masks()
  readonly #exported = new Map<string, string>()
  readonly #posts: ((status: string, signal: AbortSignal | undefined) => Promise<StepResult>)[] = []
  #paths: readonly string[] = []
  #status = 'success'

  constructor(options: JobOptions, eventFile: string) {
    this.#options = options
    const { workspace, temp, event } = options
    const folders = { workspace, temp, toolCache: join(temp, '_tool'), eventFile }
    this.#context = { ...contextVariables(event, folders), ...options.context }
  }

  /** Runs the action's main. Its post is registered first: a main that dies is cleaned up after all the same. */
  async action(step: ActionStep = {}): Promise<StepResult> {
    const state = new Map<string, string>()
    const action = await readActionFile(this.#options.actionDirectory, step.folder)
    const { main, post } = action
    if (post !== undefined) {
      this.#posts.unshift((status, signal) =>
        this.#runStage(step, state, { action, script: post, status, signal }),
      )
    }
    const stage = { action, script: main, status: this.#status, signal: step.signal }
    return this.#settle(await this.#runStage(step, state, stage), step.signal)
  }

  /** Runs a script as a `run:` step does on Linux and macOS, with `bash -e`. */
  async shell(script: string, step: StepOptions = {}): Promise<StepResult> {
    const file = join(this.#options.temp, `${randomUUID()}.sh`)
    await writeFile(file, script)
    const env = this.#withJobEnvironment({ ...step.env })
    const request = { command: 'bash', args: ['-e', file], env, state: new Map(), signal: step.signal }
    return this.#settle(await this.#run(request), step.signal)
  }

  /**
   * Runs the posts, the last step's first.
   * @param end status: how the job shall stand; by default `failure` after a failed step, `cancelled` after an
   * aborted one, else `success`
   */
  async end(end: { readonly status?: string; readonly signal?: AbortSignal } = {}): Promise<StepResult[]> {
    const results: StepResult[] = []
    for (const post of this.#posts.splice(0)) results.push(await post(end.status ?? this.#status, end.signal))
    return results
  }

  async #runStage(step: ActionStep, state: Map<string, string>, stage: Stage): Promise<StepResult> {
    const context = { matrix: this.#options.matrix, status: stage.status }
    const { variables, unexpected } = inputVariables(stage.action, step.with ?? {}, context)
    const states = [...state].map(([name, value]) => [`STATE_${name}`, value] as const)
    const env = this.#withJobEnvironment({
      ...step.env,
      ...variables,
      ...Object.fromEntries(states),
      ...this.#options.cacheEnvironment,
      GITHUB_ACTION: '__org_go-deps-action',
      GITHUB_ACTION_REF: 'v0',
      GITHUB_ACTION_REPOSITORY: 'org/go-deps-action',
    })
    const args = [join(this.#options.actionDirectory, stage.script)]
    const command = this.#options.user?.node ?? process.execPath
    return this.#run({ command, args, env, state, signal: stage.signal, unexpected })
  }

  async #run(step: Omit<StepRequest, 'temp' | 'cwd' | 'masks'>): Promise<StepResult> {
    const { temp, workspace, user } = this.#options
    const who = user === undefined ? undefined : { uid: user.uid, gid: user.gid }
    const { result, said } = await runStep({ ...step, temp, cwd: workspace, user: who, masks: this.#masks })
    for (const [name, value] of said.environment) this.#exported.set(name, value)
    this.#paths = [...this.#paths.filter((path) => !said.paths.includes(path)), ...said.paths]
    return result
  }

  #settle(result: StepResult, signal: AbortSignal | undefined): StepResult {
    if (signal?.aborted) this.#status = 'cancelled'
    else if (result.failed) this.#status = 'failure'
    return result
  }

  /** The job's variables, what earlier steps exported, the step's own, then the runner's, which nobody overrides. */
  #withJobEnvironment(own: Readonly<Record<string, string>>): Record<string, string> {
    const { env, home } = this.#options
    const environment: Record<string, string> = {
      ...emulatedVariables(),
      ...homeVariables(home),
      ...env,
      ...Object.fromEntries(this.#exported),
      ...own,
      ...this.#context,
    }
    // The runner prepends one path after the other: the latest comes first.
    const paths = [...this.#paths].reverse()
    const { PATH = '', ...others } = environment
    const path = [...paths, PATH].filter((part) => part !== '').join(delimiter)
    return { ...others, [process.platform === 'win32' ? 'Path' : 'PATH']: path }
  }
}

/** Variables of Windows that its programs do not work without; the runner hands on all that it was started with. */
const windowsVariables =
  /^(?:SystemRoot|windir|SystemDrive|PATHEXT|ComSpec|ProgramFiles|ProgramData|TEMP|TMP|USERNAME|USERDOMAIN|COMPUTERNAME|OS)$/i

/** The variables that say where the user's folders are. */
function homeVariables(home: string): Readonly<Record<string, string>> {
  if (process.platform !== 'win32') return { HOME: home }
  const system = Object.entries(process.env).filter(
    (entry): entry is [string, string] => windowsVariables.test(entry[0]) && entry[1] !== undefined,
  )
  return {
    ...Object.fromEntries(system),
    USERPROFILE: home,
    APPDATA: join(home, 'AppData', 'Roaming'),
    LOCALAPPDATA: join(home, 'AppData', 'Local'),
  }
}
