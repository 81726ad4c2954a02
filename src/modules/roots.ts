import type { GoMod } from '../modules/go-mod.ts'
import type { GoSum } from '../modules/go-sum.ts'
import type { GoWork } from '../modules/go-work.ts'

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
