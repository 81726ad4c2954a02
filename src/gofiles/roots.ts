import type { GoMod } from './go-mod.ts'
import type { GoSum } from './go-sum.ts'
import type { GoWork } from './go-work.ts'

/** A module of the checkout, as its files describe it. */
export interface Module {
  /** Absolute path of its directory. */
  readonly directory: string
  /** Absolute path of its go.mod, or of what `-modfile` names instead, and of the checksums beside it. */
  readonly goModFile: string
  readonly goSumFile: string
  readonly goMod: GoMod
  /** Where the go line stands in it, counted from 1; undefined when there is none. */
  readonly goLine: number | undefined
  readonly goSum: GoSum
}

/** A place where the go command runs: a module, or a workspace with the modules it uses. */
export interface Root {
  /** Absolute path. */
  readonly directory: string
  /** Its path as the user knows it: relative to the checkout, with `/`; `.` for the checkout itself. */
  readonly label: string
  readonly modules: readonly Module[]
  readonly goWork?: GoWork
  /** What go.work.sum holds; empty outside a workspace. */
  readonly goWorkSum: GoSum
  /** Whether the go command takes dependencies from a vendor directory here. */
  readonly vendored: boolean
  /** Absolute paths of the files that decide the dependencies here: go.mod, go.sum, go.work, go.work.sum. */
  readonly files: readonly string[]
  /** How `modules` would name it; absent where an input names it or the place it is in, so that its faults are the user's. */
  readonly found?: readonly string[]
}

/** The checksums of every module that a root may use. */
export function sumsOf(root: Root): readonly GoSum[] {
  return [...root.modules.map((module) => module.goSum), root.goWorkSum]
}

/** Whether anything outside the checkout is required here. */
export function hasDependencies(root: Root): boolean {
  return root.modules.some((module) => module.goMod.require.length > 0)
}

/** A module or workspace that was found, that no input names, and that is not taken. */
export interface SkippedRoot {
  /** As in Root. */
  readonly label: string
  /** A sentence part. */
  readonly why: string
  /** How `modules` would name it. */
  readonly patterns: readonly string[]
  /** Whether it is meant to be so, and no mistake. */
  readonly isIntended?: true
}

/** Says of a root that was only found that it is not taken. */
export function skipRoot({ label, found = [] }: Root, why: string): SkippedRoot {
  return { label, why, patterns: found }
}

/** How a failure over a root that was only found can be avoided: a sentence; empty for a root that an input names. */
export function exclusionHint({ found }: Root): string {
  return found === undefined
    ? ''
    : ` It was found, not named: ${exclusion(found)} in \`modules\` excludes it.`
}

/** The lines of `modules` that exclude what is named so. */
export function exclusion(patterns: readonly string[]): string {
  return patterns.map((pattern) => `\`!${pattern}\``).join(' and ')
}
