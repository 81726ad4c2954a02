import { chown } from 'node:fs/promises'
import { runProcess, type User } from '../process.ts'
import { createCommandFiles, type FileCommands, takeCommandFiles } from './file-commands.ts'
import { type Masks, StepOutput, type WorkflowCommand } from './workflow-commands.ts'

/** What one step needs. */
export type StepOptions = {
  /** The step's `env:`. */
  readonly env?: Readonly<Record<string, string>>
  /** Aborting it cancels the step. */
  readonly signal?: AbortSignal
}

/** What one step, or one step's post, did. */
export type StepResult = {
  readonly exitCode: number
  /** Whether the runner shows the step red: a bad exit code, or a command file it could not understand. */
  readonly failed: boolean
  /** Raw, with commands and unmasked. */
  readonly stdout: string
  readonly stderr: string
  readonly commands: readonly WorkflowCommand[]
  readonly outputs: Readonly<Record<string, string>>
  /** What it set for later steps, by GITHUB_ENV. */
  readonly exported: Readonly<Record<string, string>>
  /** The job summary's part, masked. */
  readonly summary: string
  /** The lines of stdout and stderr that were no commands, masked, in the order they came. */
  readonly log: string
  readonly seconds: number
}

/** All it takes to run one stage of one step. */
export type StepRequest = {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** The whole environment, but for the names of the step's own files. */
  readonly env: Readonly<Record<string, string>>
  /** RUNNER_TEMP */
  readonly temp: string
  /** The job's masks; grows by what the step adds. */
  readonly masks: Masks
  /** What main and post of one action share; grows by what the step saves. */
  readonly state: Map<string, string>
  readonly signal?: AbortSignal | undefined
  /** Who runs it; by default whoever runs this. */
  readonly user?: User | undefined
  /** Inputs the action does not declare. */
  readonly unexpected?: readonly string[]
}

/**
 * Runs one stage of one step: files made, process run, output followed, files read.
 * @returns what happened, and what the step said through its files
 * @throws {Error} when the program cannot be started
 */
export async function runStep(step: StepRequest): Promise<{ result: StepResult; said: FileCommands }> {
  const files = await createCommandFiles(step.temp)
  const { user } = step
  if (user !== undefined) {
    await Promise.all(Object.values(files).map((file) => chown(file, user.uid, user.gid)))
  }
  const output = new StepOutput(step.masks)
  for (const name of step.unexpected ?? [])
    output.add({ level: 'warning', message: `Unexpected input '${name}'` })
  const { exitCode, stdout, stderr, seconds } = await runProcess({
    command: step.command,
    args: step.args,
    user: step.user,
    cwd: step.cwd,
    env: { ...step.env, ...files },
    onLine: (line) => output.take(line),
    ...(step.signal ? { signal: step.signal } : {}),
  })
  const said = await takeCommandFiles(files)
  for (const [name, value] of said.state) step.state.set(name, value)
  for (const message of said.errors) output.add({ level: 'error', message })
  const result: StepResult = {
    exitCode,
    failed: exitCode !== 0 || said.errors.length > 0,
    stdout,
    stderr,
    commands: output.commands,
    outputs: Object.fromEntries(said.outputs),
    exported: Object.fromEntries(said.environment),
    summary: step.masks.apply(said.summary),
    log: output.log,
    seconds,
  }
  return { result, said }
}
