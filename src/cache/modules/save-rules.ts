import { walkUnit } from '../../pack/walk.ts'
import type { State } from '../../plan/state.ts'
import type { RecordedSums } from '../../proof/recorded-sums.ts'
import { bytesText } from '../../report/report.ts'
import { fullText, limitWarning, nothingFits, plannedShare } from '../size-limit.ts'
import type { ModuleChoice, ModuleUnit, NamedVersions } from './choice.ts'
import { type LeftOutModules, modulesThatDoNotFit } from './fit.ts'
import { isDownload } from './install.ts'

/** What post has to know of a restored entry: too much for the state. */
export interface RestoredEntry {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  /** Length of its files together. */
  readonly bytes: number
  /** `path@version` of modules in it that the checksum database did not vouch for: they are not packed again. */
  readonly unproven: readonly string[]
  /** How many trees it held, with those that could not be used. */
  readonly trees: number
  /** What it does without because of `cache-max-size`. */
  readonly leftOut?: LeftOutModules
}

/** An addition of less than this share of an entry is not worth a new one, unless it is fetched in every run. */
const leastShare = 0.05

/**
 * Says why the entry of a job that is not whole would be a worse fallback than the one before; undefined when it is as
 * good. The newest entry is the one that later jobs fall back to.
 *
 * @param choice what the entry would hold
 * @param entry the restored entry; null where there is none
 */
export function spoilsFallback(
  choice: ModuleChoice,
  { needed }: Pick<NamedVersions, 'needed'>,
  { modules, failed }: Pick<State, 'modules' | 'failed'>,
  entry: Pick<RestoredEntry, 'trees'> | null,
): string | undefined {
  if (entry === null && modules?.found !== 'miss')
    return 'the job failed, and what the newest entry holds is not known'
  if (entry === null && failed === true) return 'this step failed, so modules may be missing'
  const whole = new Set(choice.units.flatMap((unit) => (treeOf(unit) === undefined ? [] : [unit.name])))
  const missing = needed.filter((name) => !whole.has(name)).length
  if (missing > 0)
    return `the job failed, and of the ${needed.length} modules that builds need ${missing} are missing`
  return choice.trees < (entry?.trees ?? 0)
    ? `the job failed, and its entry would hold fewer modules than the one before (${choice.trees}, not ${entry?.trees})`
    : undefined
}

/**
 * Cuts an entry that was packed and is too long: first its zips, then trees.
 *
 * @param all what the entry would hold without a limit
 * @param packed what was packed
 * @param given `restored`: paths of the restored entry; `tooLarge`: lengths of what was packed, in bytes
 * @returns no `leftOut` where not even one module fits
 */
export function cutModules(
  all: ModuleChoice,
  packed: ModuleChoice,
  { needed }: Pick<NamedVersions, 'needed'>,
  given: {
    readonly restored: ReadonlySet<string>
    readonly state: Pick<State, 'modules' | 'maxSize'>
    readonly tooLarge: { readonly stored: number; readonly unpacked: number }
  },
): { readonly leftOut?: LeftOutModules; readonly warning: string } {
  const { modules, maxSize: most } = given.state
  const { stored, unpacked } = given.tooLarge
  const cost = 'downloads them again'
  if (packed.zips && modules?.zips === 'auto') {
    const warning = `Module cache: with zips it would take ${bytesText(stored)} as stored, and \`cache-max-size\` allows ${bytesText(most)}. The zips are left out, and \`go mod download\` without arguments fetches them again. \`cache-zips: false\` never packs them.`
    return { leftOut: { most, zips: true, names: [] }, warning }
  }
  const builds = new Set(needed)
  const sized = all.units.flatMap((unit) => {
    const tree = treeOf(unit)
    if (tree === undefined) return []
    const { bytes } = walkUnit(modules?.directory ?? '', unit, () => false)
    return [{ name: unit.name, bytes, needed: builds.has(unit.name), held: given.restored.has(tree) }]
  })
  const sum = (some: typeof sized) => some.reduce((total, { bytes }) => total + bytes, 0)
  const wasPacked = new Set(packed.units.flatMap((unit) => (treeOf(unit) === undefined ? [] : [unit.name])))
  const trees = sum(sized.filter(({ name }) => wasPacked.has(name)))
  // The go.mod files and the checksum database stay.
  const fixed = Math.max(0, unpacked - trees)
  const room = Math.min(trees, (most * plannedShare * unpacked) / stored - fixed)
  const names = modulesThatDoNotFit(sized, room)
  const wanted = ((sum(sized) + fixed) * stored) / unpacked
  const told = { all: `${sized.length} modules`, count: names.length, wanted, most, cost }
  if (names.length === sized.length) return { warning: nothingFits('Module cache', told) }
  return {
    leftOut: { most, zips: modules?.zips === 'auto' && !packed.zips, names },
    warning: limitWarning('Module cache', told),
  }
}

/** What is said where the restored entry holds as much as the limit allows. */
export function leftOutText({ names, zips, most }: LeftOutModules): string {
  return fullText(
    names.length === 0 && zips ? 'zips' : names.length === 1 ? '1 module' : `${names.length} modules`,
    most,
  )
}

function treeOf({ roots }: ModuleUnit): string | undefined {
  return roots.find((root) => !isDownload(root))
}

/** The modules that no checksum file names in full. */
export function namesBeside(
  modules: readonly { readonly name: string }[],
  sums: RecordedSums,
): readonly string[] {
  return modules.map(({ name }) => name).filter((name) => !sums.trees.has(name) || !sums.goMods.has(name))
}

/** Why what a job added is not worth another entry; empty where it added nothing, undefined where it is. */
export function tooLittle(
  gomodcache: string,
  { added, units }: ModuleChoice,
  { needed, trees }: NamedVersions,
  given: number,
): string | undefined {
  // What a build needs, and what a step installs besides, each run would fetch again.
  const [required, known, fresh] = [new Set(needed), new Set(trees), new Set(added)]
  const isMissed = units.some(
    ({ name, roots }) =>
      (required.has(name) || !known.has(name)) && roots.some((root) => !isDownload(root) && fresh.has(root)),
  )
  if (isMissed) return undefined
  if (added.length === 0) return ''
  const { bytes } = walkUnit(gomodcache, { name: 'added', roots: added }, () => false)
  return bytes < leastShare * given ? 'under 5 % of the entry is new' : undefined
}
