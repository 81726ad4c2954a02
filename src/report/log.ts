import type { Root } from '../modules/roots.ts'
import type { Key } from '../plan/keys.ts'
import { matchKey } from '../plan/keys.ts'
import type { MainPlan } from '../plan/main-plan.ts'
import { changeLines, countsText } from './changes.ts'
import {
  bytesText,
  type CacheReport,
  type DependencyReport,
  type SaveReport,
  secondsText,
  titles,
} from './report.ts'
import { wrongLines } from './wrong-modules.ts'

/** A heading and the lines that can be folded under it. */
export interface LogGroup {
  readonly heading: string
  readonly lines: readonly string[]
}

/** What is at a place: the module's path, or how large the workspace is. */
export function rootText({ modules, goWork }: Root): string {
  return goWork === undefined ? (modules[0]?.goMod.module ?? '') : `a workspace of ${modules.length} modules`
}

/** The first line of main: what was found. */
export function introduction(plan: Pick<MainPlan, 'goVersion'>, roots: readonly Root[]): string {
  const places = roots.map((root) =>
    root.label === '.' ? rootText(root) : `${rootText(root)} in ${root.label}`,
  )
  return `Go ${plan.goVersion.replace(/^go/, '')}, ${places.join('; ')}`
}

/** What main says of one cache: the outcome as the heading, the key and its parts below. */
export function restoreLog(report: CacheReport): LogGroup {
  const { plan, outcome } = report
  const title = titles[report.name]
  if (!plan.wanted) return { heading: `${title}: off (${plan.why})`, lines: [] }
  const parts = keyLines(plan.key)
  if (outcome === undefined) {
    return { heading: `${title}: not restored (${report.skipped ?? plan.why})`, lines: parts }
  }
  return { heading: `${title}: ${restoreText(report)}`, lines: [...parts, ...matchLines(plan.key, report)] }
}

/** What became of a restore, in one sentence part. */
export function restoreText(report: CacheReport): string {
  const { outcome } = report
  const detail = restoreDetail(report)
  if (outcome === undefined || outcome.alreadyThere || outcome.found === 'miss') return detail
  const amount = `${outcome.files} files, ${bytesText(outcome.bytes)} stored, in ${secondsText(outcome.seconds)}`
  return `${outcome.found}, ${amount} (${detail})`
}

/** As many modules that are not as in the entry are listed. */
const mostChanges = 100

const sameThing = {
  modules: 'the same module graph',
  build: 'the same source',
  toolchain: 'the same version',
}

/** Why a restore came to what it came to. */
export function restoreDetail({ name, plan, outcome, skipped }: CacheReport): string {
  if (!plan.wanted) return plan.why
  if (outcome === undefined) return skipped ?? plan.why
  if (outcome.alreadyThere) return 'already on this machine'
  if (outcome.found === 'miss') return outcome.trouble === '' ? 'no entry' : `no entry (${outcome.trouble})`
  const match = matchKey(plan.key, outcome.matched)
  if (match.kind === 'partial') return `another ${match.differs.name}`
  return sameThing[name]
}

/** What main says of one root's dependencies. */
export function dependencyLog({ label, text, fetched }: DependencyReport): LogGroup {
  const where = label === '.' ? '' : ` of ${label}`
  return { heading: `Dependencies${where}: ${text}`, lines: fetched }
}

/** What post says of one cache. */
export function saveLog({ name, outcome }: SaveReport): LogGroup {
  return {
    heading: `${titles[name]}: ${saveText(outcome)}`,
    lines: [
      ...(outcome.key === '' ? [] : [`key: ${outcome.key}`]),
      ...(outcome.counts === undefined ? [] : [`in this job: ${countsText(outcome.counts)}`]),
    ],
  }
}

/** What became of a save, in one sentence part. */
export function saveText(outcome: SaveReport['outcome']): string {
  if (outcome.upToDate === true || outcome.held)
    return `up to date, nothing new to save${outcome.why === '' ? '' : ` (${outcome.why})`}`
  if (!outcome.saved) return `not saved, ${outcome.why}`
  return `saved, ${outcome.files} files, ${bytesText(outcome.bytes)} stored, in ${secondsText(outcome.seconds)} (${outcome.why})`
}

/** A key and its parts, one a line. */
export function keyLines(key: Key): readonly string[] {
  const width = Math.max(...key.parts.map((part) => part.name.length))
  return [
    `key: ${key.full}`,
    ...key.parts.map((part) => `  ${part.name.padEnd(width)}  ${part.value}  (${part.of})`),
  ]
}

function matchLines(key: Key, { outcome, changes, wrong = [] }: CacheReport): readonly string[] {
  if (outcome === undefined || outcome.alreadyThere) return []
  if (outcome.unreachable) return []
  if (outcome.found === 'miss') {
    return ['no entry was restored; tried:', ...[key.full, ...key.fallbacks].map((one) => `  ${one}`)]
  }
  const match = matchKey(key, outcome.matched)
  const difference =
    match.kind === 'exact'
      ? []
      : [
          `first part that differs: ${match.differs.name} (here ${match.differs.value}, there ${match.theirs})`,
        ]
  const modules = changes === undefined ? [] : changeLines(changes, mostChanges)
  const lines = [...modules, ...wrongLines(wrong)].map((line) => `  ${line}`)
  return [`restored: ${outcome.matched}`, ...difference, ...lines]
}
