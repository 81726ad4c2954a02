/** The texts of the log. */

import {
  type BuildCounts,
  type CachePlan,
  type CacheReport,
  corruptLines,
  isRestoreAction,
  type Key,
  matchKey,
  type SaveReport,
  s3TargetText,
  type TransferFigures,
} from '../cache/index.ts'
import type { DependencyReport } from '../dependencies/index.ts'
import { variableLines } from '../gocmd/index.ts'
import type { ModuleChanges } from '../gofiles/module-changes.ts'
import { exclusion, type Root, type SkippedRoot } from '../gofiles/roots.ts'
import type { Inputs } from '../inputs/index.ts'
import type { MainPlan } from '../job.ts'
import type { OfflinePlan } from '../offline/index.ts'
import { bytesText, percentText, rateText, secondsText } from '../text/amounts.ts'
import { firstLinesOf } from '../text/lists.ts'
import { listed } from './advice.ts'
import { titles } from './report.ts'

/** Returns the numbers of modules that differ from the entry, such as `1 changed, 2 added`; empty if none does. */
export function changesText({ added, removed, changed }: ModuleChanges): string {
  const counts = [
    [changed.length, 'changed'],
    [added.length, 'added'],
    [removed.length, 'removed'],
  ] as const
  return counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])).join(', ')
}

/**
 * Returns the modules that differ from the entry, one per line.
 *
 * @param most maximum number of listed modules; one more line counts the rest
 */
export function changeLines({ added, removed, changed }: ModuleChanges, most: number): readonly string[] {
  const lines = [
    ...changed.map(({ path, from, to }) => `${path} ${from} -> ${to}`),
    ...added.map((name) => `added ${name.replace('@', ' ')}`),
    ...removed.map((name) => `removed ${name.replace('@', ' ')}`),
  ]
  return firstLinesOf(lines, most)
}

/** Returns the counts of build objects in this job, as a clause. */
export function countsText({ reused, fresh, pruned }: BuildCounts): string {
  const all = reused.objects + fresh.objects
  const texts = [
    all === 0
      ? 'nothing was built'
      : `${percentText(reused.objects, all)} of ${all} build object${all === 1 ? '' : 's'} reused`,
  ]
  if (pruned.objects > 0) texts.push(`${pruned.objects} unused dropped from the entry`)
  return texts.join(', ')
}

/** A heading and the lines of the foldable group below it. */
interface LogGroup {
  readonly heading: string
  readonly lines: readonly string[]
}

/** Describes a root: the module's path, or the size of the workspace. */
export function rootText({ modules, goWork }: Root): string {
  return goWork === undefined ? (modules[0]?.goMod.module ?? '') : `a workspace of ${modules.length} modules`
}

/** Returns the first line of main, with the Go and the roots. */
export function introduction(plan: Pick<MainPlan, 'goVersion'>, roots: readonly Root[]): string {
  const places = roots.map((root) =>
    root.label === '.' ? rootText(root) : `${rootText(root)} in ${root.label}`,
  )
  return `Go ${plan.goVersion.replace(/^go/, '')}, ${places.join('; ')}`
}

/** Returns main's log of one cache: the outcome as the heading, the key and its parts below. */
export function restoreLog(report: CacheReport): LogGroup {
  const { plan, outcome } = report
  const title = titles[report.name]
  if (!plan.wanted) return { heading: `${title}: off (${plan.why})`, lines: [] }
  const parts = keyLines(plan.key)
  if (outcome === undefined) {
    return { heading: `${title}: not restored (${report.skipped ?? plan.why})`, lines: parts }
  }
  const lines = [...parts, ...matchLines(plan.key, report), ...transferLines(outcome.transfer)]
  return { heading: `${title}: ${restoreText(report)}`, lines }
}

/** Returns the result of a restore, as a clause. */
function restoreText(report: CacheReport): string {
  const { outcome } = report
  const detail = restoreDetail(report)
  if (outcome === undefined || outcome.alreadyCached || outcome.found === 'miss') return detail
  if (outcome.lookedUp) return `${outcome.found}, only looked up (${detail})`
  const amount = `${outcome.files} files, ${bytesText(outcome.bytes)} stored, in ${secondsText(outcome.seconds)}`
  return `${outcome.found}, ${amount} (${detail})`
}

/** Maximum number of listed modules that differ from the entry. */
const mostChanges = 100

const exactTexts = {
  modules: 'the same module graph',
  build: 'the same source',
  toolchain: 'the same version',
}

/** Returns the reason for the result of a restore. */
export function restoreDetail({ name, plan, outcome, skipped }: CacheReport): string {
  if (!plan.wanted) return plan.why
  if (outcome === undefined) return skipped ?? plan.why
  if (outcome.alreadyCached) return 'already on this machine'
  if (outcome.found === 'miss') return outcome.error === '' ? 'no entry' : `no entry (${outcome.error})`
  const match = matchKey(plan.key, outcome.matched)
  if (match.kind === 'partial') return `different ${match.differs.name}`
  return exactTexts[name]
}

/** Returns main's log of one root's dependencies. */
export function dependencyLog({ label, text, fetched }: DependencyReport): LogGroup {
  const where = label === '.' ? '' : ` of ${label}`
  return { heading: `Dependencies${where}: ${text}`, lines: fetched }
}

/** Returns post's log of one cache. */
export function saveLog({ name, outcome }: SaveReport): LogGroup {
  return {
    heading: `${titles[name]}: ${saveText(outcome)}`,
    lines: [
      ...(outcome.key === '' ? [] : [`key: ${outcome.key}`]),
      ...(outcome.counts === undefined ? [] : [`in this job: ${countsText(outcome.counts)}`]),
      ...transferLines(outcome.transfer),
    ],
  }
}

/** Returns the line about a transfer; none when the store does not know. */
function transferLines(figures: TransferFigures | undefined): readonly string[] {
  if (figures === undefined) return []
  const { store, bytes, seconds, requests, retries } = figures
  const retried = retries === 0 ? '' : `, ${retries} of them retried`
  return [
    `transfer: ${bytesText(bytes)} in ${secondsText(seconds)}, ${rateText(figures)}, ${requests} request${requests === 1 ? '' : 's'}${retried} (cache-backend ${store})`,
  ]
}

/** Returns the result of a save, as a clause. */
function saveText(outcome: SaveReport['outcome']): string {
  if (outcome.upToDate === true || outcome.exists)
    return `up to date, nothing new to save${outcome.why === '' ? '' : ` (${outcome.why})`}`
  if (!outcome.saved) return `not saved, ${outcome.why}`
  return `saved, ${outcome.files} files, ${bytesText(outcome.bytes)} stored, in ${secondsText(outcome.seconds)} (${outcome.why})`
}

/** Returns a key and its parts, one per line. */
export function keyLines(key: Key): readonly string[] {
  const width = Math.max(...key.parts.map((part) => part.name.length))
  return [
    `key: ${key.full}`,
    ...key.parts.map((part) => `  ${part.name.padEnd(width)}  ${part.value}  (${part.of})`),
  ]
}

function matchLines(key: Key, { outcome, changes, wrong = [] }: CacheReport): readonly string[] {
  if (outcome === undefined || outcome.alreadyCached) return []
  if (outcome.unreachable) return []
  if (outcome.found === 'miss') {
    return [
      `no entry was ${outcome.lookedUp ? 'found' : 'restored'}; tried:`,
      ...[key.full, ...key.fallbacks].map((one) => `  ${one}`),
    ]
  }
  const match = matchKey(key, outcome.matched)
  const difference =
    match.kind === 'exact'
      ? []
      : [
          `first part that differs: ${match.differs.name} (requested ${match.differs.value}, found ${match.actual})`,
        ]
  const modules = changes === undefined ? [] : changeLines(changes, mostChanges)
  const lines = [...modules, ...corruptLines(wrong)].map((line) => `  ${line}`)
  return [`${outcome.lookedUp ? 'found' : 'restored'}: ${outcome.matched}`, ...difference, ...lines]
}

const actionTexts = {
  nothing: 'nothing',
  check: 'check that vendor agrees with go.mod',
  download: 'download modules that are missing after the restore',
  vendor: 'download modules that are missing after the restore, and vendor',
}

/** Returns the whole plan with the reason for every line, as `dry-run` prints it. */
export function planLines(plan: MainPlan, inputs: Pick<Inputs, 'sub-action'>): readonly string[] {
  const { policy } = plan
  const when = isRestoreAction(inputs) ? ' in a step with `save`' : ''
  const saving = {
    yes: `save${when || ' when the job ends'}`,
    no: 'do not save',
    'if-nothing-found': `save${when} if nothing is found`,
  }
  return [
    `Go: ${plan.goVersion}`,
    `Cache: ${policy.restore ? 'restore' : 'do not restore'}, ${saving[policy.save]} (${policy.why})`,
    ...(typeof plan.store === 'object' ? [`Cache store: ${s3TargetText(plan.store)}`] : []),
    ...cacheLines(titles.modules, plan.modules),
    ...cacheLines(titles.build, plan.build),
    ...(plan.toolchain.plan.wanted ? cacheLines(titles.toolchain, plan.toolchain.plan) : []),
    ...plan.dependencies.map(
      ({ root, action, why }) => `Dependencies of ${root.label}: ${actionTexts[action]} (${why})`,
    ),
  ]
}

/** Returns the plan of the offline mode; empty if no input requests it. */
export function offlineLines({ mode: requested, check, fetches, changes }: OfflinePlan): readonly string[] {
  const first = fetches ? 'download missing modules, verify' : 'download nothing, verify'
  return [
    ...(requested === 'false'
      ? []
      : [
          `Offline: ${first} that builds and tests have all modules, and block the network for later steps (input \`offline\` is ${requested})`,
          ...variableLines(changes).map((line) => `  ${line}`),
        ]),
    ...(check.length === 0 ? [] : [`Offline check: build ${check.join(' ')} without a network`]),
  ]
}

function cacheLines(title: string, plan: CachePlan): readonly string[] {
  if (!plan.wanted) return [`${title}: off (${plan.why})`]
  const fallbacks = plan.key.fallbacks.map((prefix) => `    or the newest with ${prefix}`)
  return [`${title}: on (${plan.why})`, ...keyLines(plan.key).map((line) => `  ${line}`), ...fallbacks]
}

/** Returns the text about a skipped module: the reason, and the input that changes it. */
export function skippedText({ label, why, patterns, isIntended }: SkippedRoot): string {
  const text = `The module in ${label} is skipped: ${why.replace(/\.$/, '')}.`
  if (isIntended === true) return text
  return `${text} To fail the step for this, list the module in \`modules\`. To skip it without this message, add ${exclusion(patterns)} to \`modules\`.`
}

/** Returns why there is nothing to do: no module is selected. */
export function noModulesText(skipped: readonly SkippedRoot[], areExcluded: boolean): string {
  if (skipped.some(({ isIntended }) => isIntended !== true)) {
    return `None of the modules that were found can be used: nothing is cached or downloaded.`
  }
  if (skipped.some(({ why }) => why.startsWith('the go.work'))) {
    return `The go.work above uses none of the modules that were found: nothing is cached or downloaded.`
  }
  if (areExcluded)
    return `Input \`modules\` excludes every module that was found: nothing is cached or downloaded.`
  if (skipped.length > 0) return `No go.mod in this checkout names a module: nothing is cached or downloaded.`
  return `There is no go.mod in this checkout: nothing is cached or downloaded.`
}

/** Returns the notice about roots without checksums, for the time before the restore. */
export function noSumsText(labels: readonly string[]): string {
  return `go.sum is missing${listed(labels)}, so modules cannot be verified: nothing is downloaded, and cached modules are used only if a checksum database confirms them. Run \`go mod tidy\` and commit go.sum. If a later step of this job runs it, ignore this message.`
}
