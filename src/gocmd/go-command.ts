import * as path from 'node:path'
import { ActionError } from '../errors.ts'
import { exclusionHint, type Root } from '../gofiles/roots.ts'
import { processorSeconds, sizeBelow } from '../platform/activity.ts'
import { elapsed } from '../platform/clock.ts'
import { pathVariable, processEnv } from '../platform/environment.ts'
import { readText } from '../platform/files.ts'
import { askRetryAfter } from '../platform/http.ts'
import { platform } from '../platform/machine.ts'
import { type RunResult, run, runWatched } from '../platform/processes.ts'
import { retryWithBackoff } from '../platform/retry.ts'
import { debug } from '../platform/runner.ts'
import { explainGo } from './explain/explain.ts'
import { stalledText } from './explain/http-errors.ts'
import { type Explanation, firstLines, withoutAnswers } from './explain/message.ts'
import { isTransient } from './explain/patterns.ts'

/** A go command that cannot fetch modules from the network. */
export interface OfflineGo {
  /** Absolute path of the folder of a Go to prepend to PATH; undefined to use the Go on PATH. */
  readonly bin: string | undefined
  /** Variables that override or extend those of this process. */
  readonly variables: Readonly<Record<string, string>>
  /** The command prefix that blocks the network; empty if only the variables do. */
  readonly prefix: readonly string[]
}

/**
 * Runs a go command that fetches nothing.
 *
 * @param go the go command and the means that block its network
 * @param args the arguments after `go`
 * @param cwd absolute path in which it runs
 * @throws Error when there is no go command
 */
export async function runOffline(go: OfflineGo, args: readonly string[], cwd: string): Promise<RunResult> {
  const program = go.bin === undefined ? 'go' : path.join(go.bin, 'go')
  const [command = program, ...rest] = [...go.prefix, program, ...args]
  const before = go.bin === undefined ? {} : pathVariable(go.bin)
  const ran = await run(command, rest, { cwd, environment: { ...go.variables, ...before } })
  if (ran === undefined) throw new Error(`there is no \`${command}\` any more`)
  debug(`${[command, ...rest].join(' ')}: exit code ${ran.code} after ${ran.seconds.toFixed(2)} s`)
  return ran
}

/** The share of processor time below which a go command counts as waiting. */
const leastShare = 0.01

/**
 * Watches whether a go command is active: it uses processor time, or its downloads grow. A server that accepts a
 * connection and then sends nothing keeps a go command waiting forever (cmd/go/internal/web has no deadline).
 *
 * @param gomodcache absolute path of the module cache
 * @returns a function to call repeatedly; it returns whether the process group was active since the previous call
 */
export function goActivity(gomodcache: string): (group: number) => boolean {
  const seconds = elapsed()
  let [before, computed, grown] = [0, 0, '']
  return (group) => {
    const [at, time] = [seconds(), processorSeconds(group)]
    const isBusy = time !== undefined && time - computed > (at - before) * leastShare
    before = at
    computed = time ?? 0
    // Measuring the folders takes time in a large cache, so it runs only when processor time shows no activity.
    if (isBusy) return true
    const now = ['download', 'vcs'].map((name) => sizeBelow(path.join(gomodcache, 'cache', name))).join()
    const isGrown = now !== grown
    grown = now
    return isGrown
  }
}

/** The error for responses that often have a Retry-After header; Go prints only their address. */
const busy = /\breading (https?:\/\/\S+): (?:429|503) [A-Z]/

/**
 * Returns the Retry-After of the server that failed a go command. Go does not print that header, so this action sends
 * the request once more (docs/adr/0013-retry-after-is-asked-for.md).
 *
 * @param output standard error of the go command
 * @returns seconds; undefined if the server names no time
 */
export async function retryAfterOf(output: string): Promise<number | undefined> {
  // Text from a server must not direct this request to another address.
  const address = busy.exec(withoutAnswers(output.replaceAll('\r\n', '\n')))?.[1]
  return address === undefined ? undefined : askRetryAfter(address)
}

/** The default stall limit in seconds. It is longer on Windows, where processor time cannot be measured. */
const usualPatience = platform() === 'win32' ? 900 : 300

/** Returns how long a go command may be inactive, in seconds; GO_DEPS_STALL_SECONDS overrides the default. */
function patience(): number {
  const asked = Number(processEnv().GO_DEPS_STALL_SECONDS)
  return Number.isFinite(asked) && asked > 0 ? asked : usualPatience
}

async function watched(
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<RunResult | undefined> {
  const asked = { ...options, environment: { ...options.environment, GOTOOLCHAIN: 'local' } }
  // Most commands end before the first check. Only that check asks Go for its module cache.
  let isWorking: (group: number) => boolean = () => {
    isWorking = () => true
    void run('go', ['env', 'GOMODCACHE'], asked).then((told) => {
      isWorking = goActivity(told?.stdout.trim() ?? '')
    })
    return true
  }
  const seconds = patience()
  const ran = await runWatched('go', args, options, { seconds, isWorking: (group) => isWorking(group) })
  if (ran?.isStalled !== true) return ran
  return { ...ran, code: ran.code || 1, stderr: `${ran.stderr.trimEnd()}\n${stalledText(seconds)}\n` }
}

/**
 * Runs the go command and retries transient failures with backoff.
 *
 * Go itself never retries (cmd/go/internal/web), and waits forever for a server that sends nothing. A go command that
 * is inactive for five minutes, 15 on Windows, is therefore ended, and not retried.
 *
 * @param args the arguments after `go`
 * @param options `cwd`: absolute path in which it runs; `environment`: more variables; `retries`: maximum number of
 *   retries
 * @throws Error when there is no go command
 */
export async function runGo(
  args: readonly string[],
  options: {
    readonly cwd: string
    readonly environment?: Readonly<Record<string, string>>
    readonly retries: number
  },
): Promise<RunResult> {
  const attempt = async () => {
    const ran = await watched(args, options)
    if (ran === undefined) throw new Error('there is no `go` on PATH any more')
    debug(`go ${args.join(' ')}: exit code ${ran.code} after ${ran.seconds.toFixed(2)} s`)
    return ran
  }
  return retryWithBackoff(
    options.retries,
    attempt,
    ({ code, stderr }) => code !== 0 && isTransient(stderr),
    ({ stderr }) => retryAfterOf(stderr),
  )
}

/** Maximum number of lines of Go's output in an error without explanation. */
const shownLines = 6

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
   * @param output what the go command printed
   */
  constructor(what: string, root: Root, output: string) {
    const modules = root.modules.map(({ goModFile }) => ({
      file: path.posix.join(root.label, path.relative(root.directory, goModFile).replaceAll(path.sep, '/')),
      text: readText(goModFile) ?? '',
    }))
    const explanation = explainGo(output, { modules, goproxy: processEnv().GOPROXY ?? '' })
    const where = root.label === '.' ? '' : ` in ${root.label}`
    const reason =
      explanation === undefined ? firstLines(output, shownLines) : `${explanation.cause} ${explanation.fix}`
    const message = `${what}${where}: ${reason}`
    super('go-command', `${message}${exclusionHint(root)}`)
    this.reason = message
    this.output = output
    this.explanation = explanation
  }
}
