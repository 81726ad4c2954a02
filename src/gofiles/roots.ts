import type { GoMod } from './go-mod.ts'
import type { GoSum } from './go-sum.ts'
import type { GoWork } from './go-work.ts'

/** A module of the checkout, as its files describe it. */
export interface Module {
  /** Absolute path of its directory. */
  readonly directory: string
  /** Absolute path of its go.mod, or of the file that `-modfile` names; `goSumFile` is in the same directory. */
  readonly goModFile: string
  readonly goSumFile: string
  readonly goMod: GoMod
  /** Line number of the `go` directive, from 1; undefined without one. */
  readonly goLine: number | undefined
  readonly goSum: GoSum
}

/** A directory in which the go command runs: a module, or a workspace with the modules it uses. */
export interface Root {
  /** Absolute path. */
  readonly directory: string
  /** Its path as the user knows it: relative to the checkout, with `/`; `.` for the checkout itself. */
  readonly label: string
  readonly modules: readonly Module[]
  readonly goWork?: GoWork
  /** The content of go.work.sum; empty outside a workspace. */
  readonly goWorkSum: GoSum
  /** Whether the go command takes dependencies from a vendor directory here. */
  readonly vendored: boolean
  /** Absolute paths of the files that determine the dependencies here: go.mod, go.sum, go.work, go.work.sum. */
  readonly files: readonly string[]
  /**
   * The patterns by which `modules` would select it, if a search found it. Absent if an input names it or its parent:
   * then its problems fail the job.
   */
  readonly found?: readonly string[]
}

/** Returns the checksums of every module that a root may use. */
export function sumsOf(root: Root): readonly GoSum[] {
  return [...root.modules.map((module) => module.goSum), root.goWorkSum]
}

/** Whether a root requires any module. */
export function hasDependencies(root: Root): boolean {
  return root.modules.some((module) => module.goMod.require.length > 0)
}

/** A module or workspace that a search found, that no input names, and that is not used. */
export interface SkippedRoot {
  /** As in Root. */
  readonly label: string
  /** The reason, as a clause. */
  readonly why: string
  /** The patterns by which `modules` would select it. */
  readonly patterns: readonly string[]
  /** Whether it is skipped on purpose. */
  readonly isIntended?: true
}

/** Converts a root that a search found to a skipped one. */
export function skipRoot({ label, found = [] }: Root, why: string): SkippedRoot {
  return { label, why, patterns: found }
}

/** Returns a sentence about how to exclude a root that a search found; empty for a root that an input names. */
export function exclusionHint({ found }: Root): string {
  return found === undefined ? '' : ` To exclude this module, add ${exclusion(found)} to \`modules\`.`
}

/** Returns the lines of `modules` that exclude these patterns. */
export function exclusion(patterns: readonly string[]): string {
  return patterns.map((pattern) => `\`!${pattern}\``).join(' and ')
}
