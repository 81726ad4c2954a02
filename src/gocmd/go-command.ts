import * as path from 'node:path'
import { ActionError } from '../errors.ts'
import { exclusionHint, type Root } from '../gofiles/roots.ts'
import { processorSeconds, sizeBelow } from '../platform/activity.ts'
import { elapsed } from '../platform/clock.ts'
import { readText } from '../platform/files.ts'
import { askRetryAfter } from '../platform/http.ts'
import { platform } from '../platform/machine.ts'
import { type RunResult, run, runWatched } from '../platform/processes.ts'
import { retryWithBackoff } from '../platform/retry.ts'
import { debug } from '../platform/runner.ts'
import { explainGo } from './explain/explain.ts'
import { stalledText } from './explain/http-errors.ts'
import { type Explanation, firstLines, withoutAnswers } from './explain/message.ts'
import { busyAddress, isTransient } from './explain/patterns.ts'
import type { GoEnv } from './go-env.ts'

/** The share of processor time below which a go command counts as inactive. */
const minimumShare = 0.01

/**
 * Watches whether a go command is active: it uses processor time, or its downloads grow. A server that accepts a
 * connection and then sends nothing keeps a go command waiting forever (cmd/go/internal/web has no deadline).
 *
 * @param gomodcache absolute path of the module cache
 * @returns a function to call repeatedly; it returns whether the process group was active since the previous call
 */
export function goActivity(gomodcache: string): (group: number) => boolean {
  const seconds = elapsed()
  let [previous, previousCpu, previousSizes] = [0, 0, '']
  return (group) => {
    const [now, cpu] = [seconds(), processorSeconds(group)]
    const isBusy = cpu !== undefined && cpu - previousCpu > (now - previous) * minimumShare
    previous = now
    previousCpu = cpu ?? 0
    // Measuring the folders takes time in a large cache, so it runs only when processor time shows no activity.
    if (isBusy) return true
    const sizes = ['download', 'vcs'].map((name) => sizeBelow(path.join(gomodcache, 'cache', name))).join()
    const hasGrown = sizes !== previousSizes
    previousSizes = sizes
    return hasGrown
  }
}

/**
 * Returns the Retry-After of the server that failed a go command. Go does not print that header, so this action sends
 * the request once more (docs/adr/0013-retry-after-is-asked-for.md).
 *
 * @param output standard error of the go command
 * @returns seconds; undefined if the server sends no such header
 */
export async function retryAfterOf(output: string): Promise<number | undefined> {
  // Text from a server must not direct this request to another address.
  const address = busyAddress(withoutAnswers(output.replaceAll('\r\n', '\n')))
  return address === undefined ? undefined : askRetryAfter(address)
}

/** The default stall limit in seconds. It is longer on Windows, where processor time cannot be measured. */
const defaultStallLimit = platform() === 'win32' ? 900 : 300

/** Returns how long a go command may be inactive, in seconds; GO_DEPS_STALL_SECONDS overrides the default. */
function stallLimit(env: GoEnv): number {
  const requested = Number(env.variable('GO_DEPS_STALL_SECONDS'))
  return Number.isFinite(requested) && requested > 0 ? requested : defaultStallLimit
}

/** How a go command runs. */
interface GoOptions {
  /** Absolute path in which it runs. */
  readonly cwd: string
  readonly env: GoEnv
  /** Variables of this command alone, in addition to those of `env`. */
  readonly set?: Readonly<Record<string, string>>
  /** The go command: an absolute path, or a name on PATH; `go` by default. */
  readonly program?: string
  /** The command prefix that blocks the network; empty by default. */
  readonly prefix?: readonly string[]
  /** Maximum number of retries of a transient failure; 0 by default. */
  readonly retries?: number
  /** Whether to stop the command when it is inactive; true by default. */
  readonly isWatched?: boolean
}

/** The result of a go command. */
export interface GoRun extends RunResult {
  /** GOPROXY of the command, for the explanation of a failure; empty when it is not set. */
  readonly goproxy: string
}

/**
 * Runs a go command; every go command of this action runs through this function. It retries transient failures with
 * backoff, honouring Retry-After, because Go itself never retries (cmd/go/internal/web). Go also waits forever for a
 * server that sends nothing. This function therefore stops a command after five minutes of inactivity (15 on Windows),
 * and does not retry it.
 *
 * @param args the arguments after `go`
 * @throws Error when the go command is not found
 */
export async function runGo(args: readonly string[], options: GoOptions): Promise<GoRun> {
  const ran = await runGoIfFound(args, options)
  if (ran === undefined) throw new Error(`\`${options.program ?? 'go'}\` is no longer on PATH`)
  return ran
}

/** Runs a go command as `runGo` does; undefined when the program is not found. */
export async function runGoIfFound(args: readonly string[], options: GoOptions): Promise<GoRun | undefined> {
  const { program = 'go', prefix = [], retries = 0, isWatched = true, cwd, env, set = {} } = options
  const [command = program, ...rest] = [...prefix, program, ...args]
  const effective = env.with(set)
  const attempt = async () => {
    const runOptions = { cwd, variables: effective.variables }
    const ran = isWatched ? await watched(command, rest, options) : await run(command, rest, runOptions)
    if (ran !== undefined)
      debug(`${[command, ...rest].join(' ')}: exit code ${ran.code} after ${ran.seconds.toFixed(2)} s`)
    return ran
  }
  const ran = await retryWithBackoff(
    retries,
    attempt,
    (result) => result !== undefined && result.code !== 0 && isTransient(result.stderr),
    async (result) => (result === undefined ? undefined : retryAfterOf(result.stderr)),
  )
  return ran === undefined ? undefined : { ...ran, goproxy: effective.setting('GOPROXY') }
}

async function watched(
  command: string,
  args: readonly string[],
  { cwd, env, set = {} }: GoOptions,
): Promise<RunResult | undefined> {
  const { variables } = env.with(set)
  // Most commands end before the first check, so only that check runs `go env GOMODCACHE`.
  let isWorking: (group: number) => boolean = () => {
    isWorking = () => true
    const local = env.with({ ...set, GOTOOLCHAIN: 'local' }).variables
    void run('go', ['env', 'GOMODCACHE'], { cwd, variables: local }).then((result) => {
      isWorking = goActivity(result?.stdout.trim() ?? '')
    })
    return true
  }
  const seconds = stallLimit(env)
  const watch = { seconds, isWorking: (group: number) => isWorking(group) }
  const ran = await runWatched(command, args, { cwd, variables }, watch)
  if (ran?.isStalled !== true) return ran
  return { ...ran, code: ran.code || 1, stderr: `${ran.stderr.trimEnd()}\n${stalledText(seconds)}\n` }
}

/** Maximum number of lines of Go's output in an error without explanation. */
const maxOutputLines = 6

/** A go command that failed for a root's dependencies, with its output and an explanation. */
export class GoCommandError extends ActionError {
  /** What the go command printed. */
  readonly output: string
  /** The cause and the fix; undefined if they are unknown. */
  readonly explanation: Explanation | undefined
  /** The message without the hint about how to exclude the root. */
  readonly reason: string

  /**
   * @param what what failed, as a clause
   * @param root the root in which it failed
   * @param ran `stderr`: what the go command printed; `goproxy`: its GOPROXY
   */
  constructor(what: string, root: Root, { stderr: output, goproxy }: Pick<GoRun, 'stderr' | 'goproxy'>) {
    const modules = root.modules.map(({ goModFile }) => ({
      file: path.posix.join(root.label, path.relative(root.directory, goModFile).replaceAll(path.sep, '/')),
      text: readText(goModFile) ?? '',
    }))
    const explanation = explainGo(output, { modules, goproxy })
    const where = root.label === '.' ? '' : ` in ${root.label}`
    const reason =
      explanation === undefined
        ? firstLines(output, maxOutputLines)
        : `${explanation.cause} ${explanation.fix}`
    const message = `${what}${where}: ${reason}`
    super('go-command', `${message}${exclusionHint(root)}`)
    this.reason = message
    this.output = output
    this.explanation = explanation
  }
}
