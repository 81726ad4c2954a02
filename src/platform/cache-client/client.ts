import { type ChildProcess, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { entryUrl } from '../entry-url.ts'
import { removeIfPossible, renamePatiently } from '../files.ts'
import { killTree, onExit } from '../processes.ts'
import { debug, mask } from '../runner.ts'

/** A warning or error that a program wrote as a workflow command. */
interface Annotation {
  readonly level: 'warning' | 'error'
  readonly text: string
}

/** The workflow commands in a program's output, sorted by what they ask for. */
interface OutputCommands {
  readonly masks: readonly string[]
  readonly debugLines: readonly string[]
  readonly annotations: readonly Annotation[]
}

/**
 * Reads the workflow commands in a program's output, so that it is ours to decide what the runner sees
 * of them. Every other line counts as debug output.
 *
 * @param output what the program printed, as @actions/core writes it (command.ts)
 */
export function parseOutputCommands(output: string): OutputCommands {
  const masks: string[] = []
  const debugLines: string[] = []
  const said: Annotation[] = []
  for (const line of output.split(/\r?\n/)) {
    const command = /^::([a-z-]+)[^:]*::(.*)$/.exec(line)
    const [name, text] = [command?.[1], unescaped(command?.[2] ?? line)]
    if (name === 'add-mask') masks.push(text)
    else if (name === 'warning' || name === 'error') said.push({ level: name, text: text.trim() })
    else if (text.trim() !== '') debugLines.push(text)
  }
  return { masks, debugLines, annotations: said }
}

function unescaped(data: string): string {
  return data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

/** What the cache client is asked to do; travels to it as JSON on its standard input. */
export interface CacheClientRequest {
  readonly operation: 'restore' | 'lookup' | 'save'
  readonly key: string
  readonly prefixes: readonly string[]
}

/** What the cache client writes to its answer file. */
export interface CacheClientAnswer {
  /** Key of the entry that was restored or found. */
  readonly key?: string
  readonly saved?: boolean
  /** Why the entry that came is none of ours, if one came and is none. */
  readonly corrupt?: string
  /** Why the cache client gave up, if it threw. */
  readonly error?: string
}

/** What came of a request. */
export type CacheClientResult =
  | {
      readonly kind: 'done'
      readonly key?: string
      readonly saved?: boolean
      readonly corrupt?: string
      /** What the client warned of. */
      readonly message: string
      /** What it said besides, line by line: its reasons are often there alone. */
      readonly debugOutput: string
    }
  | { readonly kind: 'failed'; readonly why: string }

/** How long an operation may take, in seconds. */
export interface CacheDeadlines {
  readonly restore: number
  readonly save: number
}

/** The one path that every entry is saved and restored by: relative, and so the same on every system. */
export const entryName = 'entry'

/** How long a child that was killed may take to be gone, in milliseconds. */
const mostDying = 3000

/** Where the cache client leaves its answer, beside the entry. */
export const answerName = 'answer.json'

/**
 * Runs the cache client: a child process that calls @actions/cache in a folder of its own.
 *
 * A process, because the toolkit cannot be aborted, lets exceptions escape from its upload streams and
 * names an entry's content by the literal path it was given. Killing its process group is how the
 * deadline holds.
 *
 * @param request what to do
 * @param place `scratch`: folder under which the cache client works; `folder`: the entry's files, handed over
 *   by renaming where possible
 */
export async function runCacheClient(
  request: CacheClientRequest,
  place: {
    readonly scratch: string
    readonly folder?: string
    readonly deadlines: CacheDeadlines
    /** Gets everything that the client says, as it says it. */
    readonly onOutput?: (text: string) => void
  },
): Promise<CacheClientResult> {
  // The toolkit stores names relative to the workspace that it is told of, and the child sees its real path.
  const home = fs.realpathSync(fs.mkdtempSync(path.join(place.scratch, `${request.operation}-`)))
  const entry = path.join(home, entryName)
  try {
    if (request.operation === 'save' && place.folder !== undefined) renamePatiently(place.folder, entry)
    const seconds = request.operation === 'save' ? place.deadlines.save : place.deadlines.restore
    const heard = await converse(request, home, seconds, place.onOutput)
    if (heard === 'late') return { kind: 'failed', why: `no answer within ${seconds} s` }
    const answer = readAnswer(path.join(home, answerName))
    if (answer === undefined) {
      const words = [...heard.annotations.map(({ text }) => text), ...heard.debugLines.slice(-1)].join('; ')
      return { kind: 'failed', why: `the cache client ended without an answer: ${words}` }
    }
    if (answer.error !== undefined) return { kind: 'failed', why: answer.error }
    if (request.operation === 'restore' && answer.key !== undefined && place.folder !== undefined) {
      renamePatiently(entry, place.folder)
    }
    const said = heard.annotations.map(({ text }) => text).join('; ')
    return { kind: 'done', ...answer, message: said, debugOutput: heard.debugLines.join('\n') }
  } catch (error) {
    return { kind: 'failed', why: (error as Error).message }
  } finally {
    removeIfPossible(home)
  }
}

/** Runs the child to its end or to the deadline, and returns what it said. */
async function converse(
  request: CacheClientRequest,
  home: string,
  seconds: number,
  onOutput: (text: string) => void = () => undefined,
): Promise<OutputCommands | 'late'> {
  const child = spawn(process.execPath, [...cacheClientArguments()], {
    cwd: home,
    env: cacheClientEnvironment(home),
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
      // Only when it is really gone can its folder be removed. It may not go: the kill fails, or the system holds it.
      await gone(child, ended)
    }
    return relay(Buffer.concat(chunks).toString('utf8'), outcome)
  } finally {
    clearTimeout(timer)
    release()
    stop()
  }
}

/** Waits for the end of a child that was killed, and lets go of it where it does not end: it ends itself with its parent. */
async function gone(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const patience = new AbortController()
  const isGone = await Promise.race([
    ended.then(() => true),
    delay(mostDying, false, { signal: patience.signal }),
  ])
  patience.abort()
  if (isGone) return
  debug(`the cache client (process ${child.pid}) could not be ended`)
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
  child.unref()
}

/** Passes masks and debug lines on to the runner; annotations become data, for they are not ours. */
function relay(output: string, outcome: 'ended' | 'late'): OutputCommands | 'late' {
  const heard = parseOutputCommands(output)
  for (const secret of heard.masks) mask(secret)
  for (const line of heard.debugLines) debug(line)
  return outcome === 'late' ? 'late' : heard
}

function readAnswer(file: string): CacheClientAnswer | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as CacheClientAnswer
  } catch {
    return undefined
  }
}

/** The toolkit works where GITHUB_WORKSPACE and RUNNER_TEMP say; it must not reach our own file commands. */
function cacheClientEnvironment(home: string): NodeJS.ProcessEnv {
  // TAR_OPTIONS would change what GNU tar makes of an entry: `--sparse` is not read back.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(INPUT_|STATE_|GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)$|TAR_OPTIONS$)/i.test(name),
  )
  return { ...Object.fromEntries(inherited), GITHUB_WORKSPACE: home, RUNNER_TEMP: home }
}

/** Run from its sources, the cache client gets its reader of envelopes by a hook; bundles have it in them. */
function cacheClientArguments(): readonly string[] {
  const script = entryUrl('cache-client')
  const swap = new URL('./envelope-swap.ts', import.meta.url).href
  return [...(script.pathname.endsWith('.ts') ? ['--import', swap] : []), fileURLToPath(script)]
}
