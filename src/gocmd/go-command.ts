import * as path from 'node:path'
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

/** A go command that reaches no network for modules. */
export interface OfflineGo {
  /** Absolute path of the folder of a Go that is put in front of PATH; undefined for the one that is there. */
  readonly bin: string | undefined
  /** Variables in place of, or besides, those of this process. */
  readonly variables: Readonly<Record<string, string>>
  /** What takes the network from a command, in front of it; empty where only the variables do. */
  readonly prefix: readonly string[]
}

/**
 * Runs a go command that fetches nothing.
 *
 * @param go how it is kept off the network
 * @param args the arguments after `go`
 * @param cwd where it runs
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

/** A go command that computes for less than this share of the time only waits. */
const leastShare = 0.01

/**
 * Tells whether a go command does anything: it computes, or what it downloads grows. A server that accepts the connection and
 * then is silent keeps a go command waiting for ever (cmd/go/internal/web has no deadline).
 *
 * @param gomodcache absolute path of the module cache
 * @returns to be called again and again; tells whether anything was done since it was called before
 */
export function goActivity(gomodcache: string): (group: number) => boolean {
  const seconds = elapsed()
  let [before, computed, grown] = [0, 0, '']
  return (group) => {
    const [at, time] = [seconds(), processorSeconds(group)]
    const isBusy = time !== undefined && time - computed > (at - before) * leastShare
    before = at
    computed = time ?? 0
    // Counting takes a while in a large cache, and need not be done where something is known already.
    if (isBusy) return true
    const now = ['download', 'vcs'].map((name) => sizeBelow(path.join(gomodcache, 'cache', name))).join()
    const isGrown = now !== grown
    grown = now
    return isGrown
  }
}

/** Answers that often come with a wish when to come again; Go tells of the address alone. */
const busy = /\breading (https?:\/\/\S+): (?:429|503) [A-Z]/

/**
 * After how many seconds the server that failed a go command asks to be asked again: Go does not print what it said, so it
 * is asked once more (docs/adr/0013-retry-after-is-asked-for.md).
 *
 * @param output standard error of the go command
 */
export async function retryAfterOf(output: string): Promise<number | undefined> {
  // What a server says must not lead us elsewhere.
  const address = busy.exec(withoutAnswers(output.replaceAll('\r\n', '\n')))?.[1]
  return address === undefined ? undefined : askRetryAfter(address)
}

/** Windows does not tell what a command computes, so there only what it downloads and prints counts. */
const usualPatience = platform() === 'win32' ? 900 : 300

/** How long a go command may do nothing, in seconds; GO_DEPS_STALL_SECONDS says otherwise. */
function patience(): number {
  const asked = Number(processEnv().GO_DEPS_STALL_SECONDS)
  return Number.isFinite(asked) && asked > 0 ? asked : usualPatience
}

async function watched(
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<RunResult | undefined> {
  const asked = { ...options, environment: { ...options.environment, GOTOOLCHAIN: 'local' } }
  // Most commands are over before anybody looks at them: only then Go is asked for its module cache.
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
 * Runs the go command, and again after failures that may pass, with growing pauses.
 *
 * Go itself never tries twice (cmd/go/internal/web), and waits for ever for a server that is silent: a go command that does
 * nothing for five minutes is ended, and not tried again.
 *
 * @param args the arguments after `go`
 * @param options where it runs, what is added to its environment, and how often it may be tried again
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

/** How much of Go's words an error holds, in lines, where there is no explanation for them. */
const shownLines = 6

/** A go command that failed over a root's dependencies, with Go's own words and what they mean. */
export class GoCommandError extends Error {
  /** What the go command printed. */
  readonly output: string
  /** What it means and what to do; undefined where nobody knows. */
  readonly explanation: Explanation | undefined
  /** The message without a hint at how to avoid the failure. */
  readonly reason: string

  /**
   * @param what what failed, as a clause
   * @param root where
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
    super(`${message}${exclusionHint(root)}`)
    this.reason = message
    this.name = 'GoFailed'
    this.output = output
    this.explanation = explanation
  }
}
