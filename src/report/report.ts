import type { CachePlan } from '../plan/caches.ts'
import type { RestoreOutcome, SaveOutcome } from './outcomes.ts'

/** What is told of one cache when main ends. */
export interface CacheReport {
  readonly name: 'modules' | 'build'
  readonly plan: CachePlan
  /** Absent when nothing was tried. */
  readonly outcome?: RestoreOutcome
  /** Why nothing was tried although the cache is of use here. */
  readonly skipped?: string
}

/** What is told of one root's dependencies. */
export interface DependencyReport {
  readonly label: string
  /** What was done or why nothing was. */
  readonly text: string
  /** `path@version` of what was fetched. */
  readonly fetched: readonly string[]
}

/** What is told of one cache when post ends. */
export interface SaveReport {
  readonly name: 'modules' | 'build'
  readonly outcome: SaveOutcome
}

/** The word that the outputs use for what became of a cache. */
export function status({ outcome }: CacheReport): 'exact' | 'partial' | 'miss' | 'off' {
  return outcome?.found ?? 'off'
}

/** What the names mean to a reader. */
export const titles = { modules: 'Module cache', build: 'Build cache' } as const

/** A number of bytes as people read it: 1 kB is 1000 bytes. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** Seconds as people read them. */
export function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
}
