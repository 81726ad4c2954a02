/** What is said of modules that were found and are not taken. */
import { exclusion, type LeftOut } from '../modules/left-out.ts'
import { listed } from './advice.ts'

/** Says that a module is left out, why, and how an input has a say in that. */
export function leftOutText({ label, why, patterns, isMeant }: LeftOut): string {
  const said = `The module in ${label} is left out: ${why.replace(/\.$/, '')}.`
  if (isMeant === true) return said
  return `${said} It was found, not named: name it in \`modules\` to have the step fail for this, or exclude it there by ${exclusion(patterns)}.`
}

/** Why nothing is done, where no module is left. */
export function nothingText(leftOut: readonly LeftOut[], areExcluded: boolean): string {
  if (leftOut.some(({ isMeant }) => isMeant !== true)) {
    return `None of the modules that were found can be used: nothing is cached or downloaded.`
  }
  if (leftOut.some(({ why }) => why.startsWith('the go.work'))) {
    return `The go.work above uses none of the modules that were found: nothing is cached or downloaded.`
  }
  if (areExcluded)
    return `Input \`modules\` excludes every module that was found: nothing is cached or downloaded.`
  if (leftOut.length > 0) return `No go.mod in this checkout names a module: nothing is cached or downloaded.`
  return `There is no go.mod in this checkout: nothing is cached or downloaded.`
}

/** What is said of places without checksums, before anything is restored. */
export function noSumsText(labels: readonly string[]): string {
  return `There is no go.sum${listed(labels)}, so there is nothing to compare modules with: nothing is downloaded, and what a cache entry has is taken only where a checksum database vouches for it. Run \`go mod tidy\` and commit go.sum; if a later step of this job does that, all is well.`
}
