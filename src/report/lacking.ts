import type { Problem } from '../inputs/problem.ts'
import type { Lacking } from '../modules/package-loads.ts'

/** As many are named in a sentence; the log has all of them. */
const most = 10

/**
 * Says what builds need and cannot have without a network: each kind of lack is a mistake of its own.
 *
 * @param lacking what is lacking
 * @param where `label`: the root as users know it; `goMod`: a go.mod there, as annotations take it, and the line that
 *   asks for the first module, where that is known; `canFetch`: whether this step was free to fetch modules
 */
export function lackingProblems(
  { absent, unsummed }: Lacking,
  where: {
    readonly label: string
    readonly goMod: string
    readonly line: number | undefined
    readonly canFetch: boolean
  },
): readonly Problem[] {
  const here = where.label === '.' ? 'here' : `in ${where.label}`
  const place = { file: where.goMod, ...(where.line === undefined ? {} : { line: where.line }) }
  const modules = [...absent].map(([name, by]) => (by === undefined ? name : `${name} (imported by ${by})`))
  return [
    ...(modules.length === 0
      ? []
      : [
          {
            what: `${counted(modules.length, 'module')} that builds or tests ${here} need ${modules.length === 1 ? 'is' : 'are'} not on this machine: ${several(modules)}`,
            allowed: '',
            mend: where.canFetch
              ? 'This step could not fetch them either: set `dependencies: download`, and look at what it says of them.'
              : 'Nothing may be fetched here. Restore a module cache that a run with a network has saved, use a bundle of these modules, commit a vendor directory, or let this step fetch them by `offline: true`.',
            ...place,
            shownAs: 'Modules that are not on this machine',
            shown: modules,
          },
        ]),
    ...(unsummed.length === 0
      ? []
      : [
          {
            what: `go.sum is not complete, so nothing could tell what builds ${here} would take: it lacks hashes for ${several(unsummed)}`,
            allowed: '',
            mend: 'Run `go mod tidy`, and commit go.sum.',
            ...place,
          },
        ]),
  ]
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function several(names: readonly string[]): string {
  const more = names.length - most
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
