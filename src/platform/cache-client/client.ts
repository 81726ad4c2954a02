import { type ChildProcess, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { entryUrl } from '../entry-url.ts'
import { childEnvironment, type Variables } from '../environment.ts'
import { removeIfPossible } from '../files.ts'
import { killTree, onExit } from '../processes.ts'
import { renamePatiently } from '../rename.ts'
import { debug, mask } from '../runner.ts'

/** A warning or error that a program wrote as a workflow command. */
interface Annotation {
  readonly level: 'warning' | 'error'
  readonly text: string
}

/** The workflow commands in a program's output, grouped by command. */
interface OutputCommands {
  readonly masks: readonly string[]
  readonly debugLines: readonly string[]
  readonly annotations: readonly Annotation[]
}

/**
 * Parses the workflow commands in a program's output, so that this action decides which of them reach the runner. Every
 * other line counts as debug output.
 *
 * @param output what the program printed, in the form that @actions/core writes (command.ts)
 */
export function parseOutputCommands(output: string): OutputCommands {
  const masks: string[] = []
  const debugLines: string[] = []
  const annotations: Annotation[] = []
  for (const line of output.split(/\r?\n/)) {
    const command = /^::([a-z-]+)[^:]*::(.*)$/.exec(line)
    const [name, text] = [command?.[1], unescaped(command?.[2] ?? line)]
    if (name === 'add-mask') masks.push(text)
    else if (name === 'warning' || name === 'error') annotations.push({ level: name, text: text.trim() })
    else if (text.trim() !== '') debugLines.push(text)
  }
  return { masks, debugLines, annotations }
}

function unescaped(data: string): string {
  return data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

/** A request to the cache client, passed as JSON on its standard input. */
export interface CacheClientRequest {
  readonly operation: 'restore' | 'lookup' | 'save'
  readonly key: string
  readonly prefixes: readonly string[]
}

/** The content of the cache client's answer file. */
export interface CacheClientAnswer {
  /** Key of the entry that was restored or found. */
  readonly key?: string
  readonly saved?: boolean
  /** Why the downloaded archive is not an entry of this action; absent when it is one. */
  readonly corrupt?: string
  /** The error message, when the toolkit threw one. */
  readonly error?: string
}

/** The outcome of a request. */
export type CacheClientResult =
  | {
      readonly kind: 'done'
      readonly key?: string
      readonly saved?: boolean
      readonly corrupt?: string
      /** The client's warnings and errors. */
      readonly message: string
      /** The client's other output, line by line. Its reasons often appear only there. */
      readonly debugOutput: string
    }
  | { readonly kind: 'failed'; readonly why: string }

/** Maximum duration of an operation, in seconds. */
export interface CacheDeadlines {
  readonly restore: number
  readonly save: number
}

/** The path under which every entry is saved and restored. It is relative, so it is the same on every system. */
export const entryName = 'entry'

/** Maximum wait for a killed child to end, in milliseconds. */
const killTimeout = 3000

/** Name of the cache client's answer file, next to the entry. */
export const answerName = 'answer.json'

/**
 * Runs the cache client: a child process that calls @actions/cache in its own folder.
 *
 * It is a process because the toolkit cannot be aborted and lets exceptions escape from its upload streams. The toolkit
 * also identifies an entry's content by the literal path that it was given. The deadline is enforced by killing the
 * process group.
 *
 * @param request what to do
 * @param place `scratch`: absolute path of the folder under which the client works; `folder`: absolute path of the
 *   entry's files, which are moved to the client for `save` and from it for `restore`
 */
export async function runCacheClient(
  request: CacheClientRequest,
  place: {
    readonly scratch: string
    readonly folder?: string
    readonly deadlines: CacheDeadlines
    /** The variables that the client gets, except for those that only this action uses. */
    readonly variables: Variables
    /** Receives the client's output as it arrives. */
    readonly onOutput?: (text: string) => void
  },
): Promise<CacheClientResult> {
  // The toolkit stores names relative to GITHUB_WORKSPACE, and the child sees the real path of its directory.
  const home = fs.realpathSync(fs.mkdtempSync(path.join(place.scratch, `${request.operation}-`)))
  const entry = path.join(home, entryName)
  try {
    if (request.operation === 'save' && place.folder !== undefined) renamePatiently(place.folder, entry)
    const seconds = request.operation === 'save' ? place.deadlines.save : place.deadlines.restore
    const output = await runChild(request, home, seconds, place)
    if (output === 'late') return { kind: 'failed', why: `no answer within ${seconds} s` }
    const answer = readAnswer(path.join(home, answerName))
    if (answer === undefined) {
      const words = [...output.annotations.map(({ text }) => text), ...output.debugLines.slice(-1)].join('; ')
      return { kind: 'failed', why: `the cache client ended without an answer: ${words}` }
    }
    if (answer.error !== undefined) return { kind: 'failed', why: answer.error }
    if (request.operation === 'restore' && answer.key !== undefined && place.folder !== undefined) {
      renamePatiently(entry, place.folder)
    }
    const message = output.annotations.map(({ text }) => text).join('; ')
    return { kind: 'done', ...answer, message, debugOutput: output.debugLines.join('\n') }
  } catch (error) {
    return { kind: 'failed', why: (error as Error).message }
  } finally {
    removeIfPossible(home)
  }
}

/** Runs the child until it ends or the deadline passes, and returns its output. */
async function runChild(
  request: CacheClientRequest,
  home: string,
  seconds: number,
  {
    variables,
    onOutput = () => undefined,
  }: Pick<Parameters<typeof runCacheClient>[1], 'variables' | 'onOutput'>,
): Promise<OutputCommands | 'late'> {
  const child = spawn(process.execPath, [...cacheClientArguments()], {
    cwd: home,
    env: cacheClientEnvironment(home, variables),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const stop = () => killTree(child)
  const release = onExit(stop)
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      onOutput(chunk.toString('utf8'))
    })
  }
  child.stdin.on('error', () => debug('the cache client closed its input early'))
  child.stdin.end(JSON.stringify(request))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), seconds * 1000)
  })
  const ended = new Promise<'ended'>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve('ended'))
  })
  try {
    const outcome = await Promise.race([ended, late])
    if (outcome === 'late') {
      stop()
      // The folder can be removed only once the child has ended. It may survive: the kill fails, or the system holds
      // it.
      await waitForExit(child, ended)
    }
    return forwardOutput(Buffer.concat(chunks).toString('utf8'), outcome)
  } finally {
    clearTimeout(timer)
    release()
    stop()
  }
}

/** Waits for a killed child to end. A child that survives is detached; it exits when its parent ends. */
async function waitForExit(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const timer = new AbortController()
  const isGone = await Promise.race([
    ended.then(() => true),
    delay(killTimeout, false, { signal: timer.signal }),
  ])
  timer.abort()
  if (isGone) return
  debug(`the cache client (process ${child.pid}) could not be stopped`)
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
  child.unref()
}

/**
 * Passes masks and debug lines to the runner. Annotations are returned as data, because the caller decides about them.
 */
function forwardOutput(output: string, outcome: 'ended' | 'late'): OutputCommands | 'late' {
  const commands = parseOutputCommands(output)
  for (const secret of commands.masks) mask(secret)
  for (const line of commands.debugLines) debug(line)
  return outcome === 'late' ? 'late' : commands
}

function readAnswer(file: string): CacheClientAnswer | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as CacheClientAnswer
  } catch {
    return undefined
  }
}

/**
 * Returns the client's environment. The toolkit works in GITHUB_WORKSPACE and RUNNER_TEMP, and must not reach this
 * action's own file commands.
 */
function cacheClientEnvironment(home: string, variables: Variables): NodeJS.ProcessEnv {
  // TAR_OPTIONS would change how GNU tar packs an entry: `--sparse`, for one, is not read back.
  const inherited = Object.entries(childEnvironment(variables)).filter(
    ([name]) => !/^(INPUT_|STATE_|GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)$|TAR_OPTIONS$)/i.test(name),
  )
  return { ...Object.fromEntries(inherited), GITHUB_WORKSPACE: home, RUNNER_TEMP: home }
}

/**
 * Returns the client's arguments. From source, a hook replaces the toolkit's tar module with envelope.ts; in dist, the
 * bundle contains it.
 */
function cacheClientArguments(): readonly string[] {
  const script = entryUrl('cache-client')
  const swap = new URL('./envelope-swap.ts', import.meta.url).href
  return [...(script.pathname.endsWith('.ts') ? ['--import', swap] : []), fileURLToPath(script)]
}
