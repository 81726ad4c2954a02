import * as path from 'node:path'
import { elapsed } from '../system/clock.ts'
import { growthBelow } from '../system/growth.ts'
import { processorSeconds } from '../system/processor-time.ts'

/** A go command that computes for less than this share of the time only waits. */
const leastShare = 0.01

/**
 * Tells whether a go command does anything: it computes, or what it downloads grows. A server that accepts the connection and
 * then is silent keeps a go command waiting for ever (cmd/go/internal/web has no deadline).
 *
 * @param gomodcache absolute path of the module cache
 * @returns to be called again and again; tells whether anything was done since it was called before
 */
export function watchGo(gomodcache: string): (group: number) => boolean {
  const seconds = elapsed()
  let [before, computed, grown] = [0, 0, '']
  return (group) => {
    const [at, time] = [seconds(), processorSeconds(group)]
    const isBusy = time !== undefined && time - computed > (at - before) * leastShare
    before = at
    computed = time ?? 0
    // Counting takes a while in a large cache, and need not be done where something is known already.
    if (isBusy) return true
    const now = ['download', 'vcs'].map((name) => growthBelow(path.join(gomodcache, 'cache', name))).join()
    const isGrown = now !== grown
    grown = now
    return isGrown
  }
}
