import { type ChildProcess, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { whenEnding } from './ending.ts'
import { entryUrl } from './entry-url.ts'
import { removeIfPossible, renamePatiently } from './files.ts'
import { killTree } from './kill-tree.ts'
import { debug, mask } from './runner.ts'
import { type Annotations, annotationsOf } from './workflow-commands.ts'

/** What the carrier is asked to do; travels to it as JSON on its standard input. */
export interface Request {
  readonly operation: 'restore' | 'lookup' | 'save'
  readonly key: string
  readonly prefixes: readonly string[]
}

/** What the carrier writes to its answer file. */
export interface CarrierAnswer {
  /** Key of the entry that was restored or found. */
  readonly key?: string
  readonly saved?: boolean
  /** Why the entry that came is none of ours, if one came and is none. */
  readonly corrupt?: string
  /** Why the cache client gave up, if it threw. */
  readonly error?: string
}

/** What came of a request. */
export type Answer =
  | {
      readonly kind: 'done'
      readonly key?: string
      readonly saved?: boolean
      readonly corrupt?: string
      /** What the client warned of. */
      readonly said: string
      /** What it said besides, line by line: its reasons are often there alone. */
      readonly murmured: string
    }
  | { readonly kind: 'failed'; readonly why: string }

/** How long an operation may take, in seconds. */
export interface Deadlines {
  readonly restore: number
  readonly save: number
}

/** The one path that every entry is saved and restored by: relative, and so the same on every system. */
export const entryName = 'entry'
/** How long a child that was killed may take to be gone, in milliseconds. */
const mostDying = 3000
/** Where the carrier leaves its answer, beside the entry. */
export const answerName = 'answer.json'

/**
 * Runs the carrier: a child process that calls @actions/cache in a folder of its own.
 *
 * A process, because the toolkit cannot be aborted, lets exceptions escape from its upload streams and
 * names an entry's content by the literal path it was given. Killing its process group is how the
 * deadline holds.
 *
 * @param request what to do
 * @param place `scratch`: folder under which the carrier works; `folder`: the entry's files, handed over
 *   by renaming where possible
 */
export async function carry(
  request: Request,
  place: {
    readonly scratch: string
    readonly folder?: string
    readonly deadlines: Deadlines
    /** Gets everything that the client says, as it says it. */
    readonly hear?: (text: string) => void
  },
): Promise<Answer> {
  // The toolkit stores names relative to the workspace that it is told of, and the child sees its real path.
  const home = fs.realpathSync(fs.mkdtempSync(path.join(place.scratch, `${request.operation}-`)))
  const entry = path.join(home, entryName)
  try {
    if (request.operation === 'save' && place.folder !== undefined) renamePatiently(place.folder, entry)
    const seconds = request.operation === 'save' ? place.deadlines.save : place.deadlines.restore
    const heard = await converse(request, home, seconds, place.hear)
    if (heard === 'late') return { kind: 'failed', why: `no answer within ${seconds} s` }
    const answer = readAnswer(path.join(home, answerName))
    if (answer === undefined) {
      const words = [...heard.said.map(({ text }) => text), ...heard.debugLines.slice(-1)].join('; ')
      return { kind: 'failed', why: `the cache client ended without an answer: ${words}` }
    }
    if (answer.error !== undefined) return { kind: 'failed', why: answer.error }
    if (request.operation === 'restore' && answer.key !== undefined && place.folder !== undefined) {
      renamePatiently(entry, place.folder)
    }
    const said = heard.said.map(({ text }) => text).join('; ')
    return { kind: 'done', ...answer, said, murmured: heard.debugLines.join('\n') }
  } catch (error) {
    return { kind: 'failed', why: (error as Error).message }
  } finally {
    removeIfPossible(home)
  }
}

/** Runs the child to its end or to the deadline, and returns what it said. */
async function converse(
  request: Request,
  home: string,
  seconds: number,
  hear: (text: string) => void = () => undefined,
): Promise<Annotations | 'late'> {
  const child = spawn(process.execPath, [...carrierArguments()], {
    cwd: home,
    env: carrierEnvironment(home),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const stop = () => killTree(child)
  const release = whenEnding(stop)
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      hear(chunk.toString('utf8'))
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
function relay(output: string, outcome: 'ended' | 'late'): Annotations | 'late' {
  const heard = annotationsOf(output)
  for (const secret of heard.masks) mask(secret)
  for (const line of heard.debugLines) debug(line)
  return outcome === 'late' ? 'late' : heard
}

function readAnswer(file: string): CarrierAnswer | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as CarrierAnswer
  } catch {
    return undefined
  }
}

/** The toolkit works where GITHUB_WORKSPACE and RUNNER_TEMP say; it must not reach our own file commands. */
function carrierEnvironment(home: string): NodeJS.ProcessEnv {
  // TAR_OPTIONS would change what GNU tar makes of an entry: `--sparse` is not read back.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(INPUT_|STATE_|GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)$|TAR_OPTIONS$)/i.test(name),
  )
  return { ...Object.fromEntries(inherited), GITHUB_WORKSPACE: home, RUNNER_TEMP: home }
}

/** Run from its sources, the carrier gets its reader of envelopes by a hook; bundles have it in them. */
function carrierArguments(): readonly string[] {
  const carrier = entryUrl('carrier')
  const swap = new URL('./envelope-swap.ts', import.meta.url).href
  return [...(carrier.pathname.endsWith('.ts') ? ['--import', swap] : []), fileURLToPath(carrier)]
}
