import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** The three methods of GitHub's cache service v2. */
export type Rpc = 'CreateCacheEntry' | 'FinalizeCacheEntryUpload' | 'GetCacheEntryDownloadURL'

/** What a request is for: one of the methods, or what it does to a blob. */
export type Operation = Rpc | 'upload' | 'download' | 'head'

/** An answer. Text is sent as it is, anything else as JSON. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
}

/** What goes wrong, and for which requests. The first rule that matches a request decides alone. */
export interface FaultRule {
  readonly on: Operation
  /** How many requests it spares first; none if absent. */
  readonly after?: number
  /** How many requests it meets; all of them if absent. */
  readonly times?: number
  /** Milliseconds that pass before anything else happens. */
  readonly delayMs?: number
  /** `hang`: no answer, ever. `reset`: the connection is torn down before an answer. Absent: only the delay. */
  readonly effect?:
    | { readonly kind: 'answer'; readonly answer: Answer }
    | { readonly kind: 'hang' | 'reset' }
    | Cut
    | Trickle
}

/** A download that breaks off after some bytes: the connection is torn down, or stays open in silence. */
export interface Cut {
  readonly kind: 'cut'
  readonly afterBytes: number
  readonly by: 'reset' | 'stall'
}

/** A download that goes on, and takes as long as nobody waits. */
export interface Trickle {
  readonly kind: 'trickle'
  readonly bytesPerSecond: number
}

/** The rules that are in force. */
export interface Faults {
  /** @returns removes the rule again */
  add(rule: FaultRule): () => void
  /** Finds the rule that a request meets and counts it. */
  meet(operation: Operation): FaultRule | undefined
}

/** A service's set of rules, empty at first. */
export function createFaults(): Faults {
  const rules = new Set<{ readonly rule: FaultRule; spared: number; left: number }>()
  return {
    add(rule) {
      const entry = { rule, spared: rule.after ?? 0, left: rule.times ?? Number.POSITIVE_INFINITY }
      rules.add(entry)
      return () => {
        rules.delete(entry)
      }
    },
    meet(operation) {
      for (const entry of rules) {
        if (entry.rule.on !== operation || entry.left === 0) continue
        if (entry.spared > 0) {
          entry.spared -= 1
          continue
        }
        entry.left -= 1
        return entry.rule
      }
      return undefined
    },
  }
}

/**
 * A stage of a stream pipeline that ends a download as the rule says.
 *
 * @param gone resolves when the client has given up, so that a stall does not outlive its connection
 */
export function cutOff(
  cut: Cut,
  gone: Promise<void>,
): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (source) {
    let left = cut.afterBytes
    for await (const chunk of source) {
      yield chunk.subarray(0, left)
      left -= Math.min(left, chunk.length)
      if (left > 0) continue
      if (cut.by === 'stall') await gone
      // What was passed on has to leave before the connection is torn down.
      else await sleep(10)
      throw new Error('download cut off on purpose')
    }
  }
}

/** A stage of a stream pipeline that passes ten small pieces on in a second. */
export function trickle({
  bytesPerSecond,
}: Trickle): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  const piece = Math.max(1, Math.floor(bytesPerSecond / 10))
  return async function* (source) {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += piece) {
        yield chunk.subarray(at, at + piece)
        await sleep(100)
      }
    }
  }
}

/** Sends an answer: the service's own to a method, or one that a rule puts in place of it. */
export function send(response: ServerResponse, { status, headers, body = '' }: Answer): void {
  const isText = typeof body === 'string'
  const content = isText ? body : JSON.stringify(body)
  response.writeHead(status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(content),
    ...headers,
  })
  response.end(content)
}
