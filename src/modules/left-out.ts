import type { Root } from './roots.ts'

/** A module or workspace that was found, that no input names, and that is not taken. */
export interface LeftOut {
  /** As in Root. */
  readonly label: string
  /** A sentence part. */
  readonly why: string
  /** How `modules` would name it. */
  readonly patterns: readonly string[]
  /** Whether it is meant to be so, and no mistake. */
  readonly isMeant?: true
}

/** Says of a root that was only found that it is not taken. */
export function leftOut({ label, found = [] }: Root, why: string): LeftOut {
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
