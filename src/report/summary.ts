import {
  type BundleContent,
  type BundleFit,
  type BundleGap,
  bundleOpenedText,
  bundleWrittenText,
} from '../bundle/index.ts'
import type { SaveReport } from '../cache/index.ts'
import { type FetchedFrom, nothingMissing } from '../dependencies/index.ts'
import type { Span } from '../platform/clock.ts'
import { firstLinesOf } from '../text/lists.ts'
import { advice } from './advice.ts'
import { headline, isWarm } from './headline.ts'
import { block, code, document, escaped, folded, lines, prose, table } from './markdown.ts'
import type { MainReport } from './report.ts'
import { cacheList, keys, moduleChanges, savesSummary, secondsCell } from './summary-caches.ts'

/** Number of characters in a bar: it fits next to a time on a phone of 320 pixels. */
const width = 20

/** Minimum duration of a line of the timeline, in seconds. */
const least = 0.05

/** Maximum number of lines of the timeline. */
const maxTimelineRows = 12

const columns = [
  ['step', 'left'],
  ['time', 'right'],
] as const

/**
 * Returns the timeline as a table. A bar begins where the work began, so that parallel work is visible.
 *
 * @param spans the spans by start time; of too many, the longest stay
 */
function timelineTable(spans: readonly Span[]): readonly string[] {
  const noted = spans.filter((span) => seconds(span) >= least)
  if (noted.length === 0) return []
  const longest = new Set([...noted].sort((a, b) => seconds(b) - seconds(a)).slice(0, maxTimelineRows))
  const total = Math.max(...noted.map((span) => span.to))
  const rows = noted
    .filter((span) => longest.has(span))
    .map((span) => [`${escaped(span.what, 60)}<br>\`${bar(span, total)}\``, secondsCell(seconds(span))])
  const more = noted.length - rows.length
  return table(columns, [
    ...rows,
    ...(more > 0 ? [[`and ${more} shorter`, '']] : []),
    ['**total**', `**${secondsCell(total)}**`],
  ])
}

function seconds({ from, to }: Span): number {
  return to - from
}

function bar({ from, to }: Span, total: number): string {
  const start = Math.min(width - 1, Math.floor((from / total) * width))
  const end = Math.max(start + 1, Math.round((to / total) * width))
  // Both characters are of one Unicode block, so that they have the same width in any font.
  return `${'▁'.repeat(start)}${'█'.repeat(end - start)}${'▁'.repeat(width - end)}`
}

/**
 * Maximum size of a summary in bytes. GitHub refuses a step's whole summary if it exceeds 1 MiB
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits),
 * and that is too much to read.
 */
const mostBytes = 200_000

/** Maximum number of shown items, by kind. */
const most = {
  failures: 10,
  openPlaces: 5,
  places: 30,
  dependencies: 20,
  modules: 50,
  variables: 20,
  planned: 500,
}

/** Maximum length of one text, in UTF-16 units. */
const length = { failure: 2000, advice: 600 }

const subject = 'Go dependencies'

const failedHeading = [`### ❌ ${subject}: failed`]

/** Returns where the caches are, if not in the cache service of the runner. */
function storeLine({ store = '' }: MainReport): readonly string[] {
  return store === '' ? [] : [`- **Cache store**: ${prose(store)}`]
}

/**
 * Returns main's part of the job summary: the main facts, the reasons, and the folded details. If everything is as in
 * the previous run, everything except the facts is folded. No heading reports success: a later step may fail, and then
 * the page of a failed job would show it.
 *
 * @returns Markdown, at most 200 kB whatever the data
 */
export function mainSummary(report: MainReport): string {
  const { caches, failures } = report
  const tips = advice(report)
  const more = [...storeLine(report), ...dependencyList(report), ...savingLine(report)]
  const isShort = failures.length === 0 && isWarm(report)
  const details = [...cacheList(report), ...more]
  return document(
    [
      failures.length > 0 ? failedHeading : heading(headline(report), caches),
      failureList(failures),
      foundLines(report),
      foldedPlaces(report),
      [...(isShort ? [] : details), ...bundleLine(report), ...offlineLine(report), ...noticeLines(report)],
      moduleChanges(caches),
      fetchedModules(report),
      ...titled(
        'Next steps',
        tips.map((text) => `- ${prose(text, length.advice)}`),
      ),
      isShort && details.length > 0 ? folded('Caches', details) : [],
      timeline(report),
      exportedVariables(report),
      keys(caches),
    ],
    mostBytes,
  )
}

/**
 * Returns post's part of the job summary.
 *
 * @param saves the saves to report, without caches that are off
 * @returns Markdown, at most 200 kB whatever the data
 */
export function postSummary(saves: readonly SaveReport[]): string {
  return savesSummary(saves, mostBytes)
}

/**
 * Returns the job summary of a dry run.
 *
 * @param planned the lines of the plan, as in the log
 * @returns Markdown, at most 200 kB whatever the data
 */
export function planSummary(planned: readonly string[]): string {
  return document(
    [[`### ${subject}: dry run, nothing was done`], block(planned.slice(0, most.planned))],
    mostBytes,
  )
}

/**
 * Returns the job summary for a job with nothing to do.
 *
 * @param why the reason, as a sentence
 */
export function nothingSummary(why: string): string {
  return document([[`### ${subject}: nothing to do`], [prose(why)]], mostBytes)
}

/**
 * Returns the job summary of a step that failed before any work.
 *
 * @param failures the failures
 * @returns Markdown, at most 200 kB whatever the data
 */
export function failureSummary(failures: readonly string[]): string {
  return document([failedHeading, failureList(failures)], mostBytes)
}

/**
 * Returns the job summary of `lookup-only`.
 *
 * @returns Markdown, at most 200 kB whatever the data
 */
export function lookupSummary(caches: MainReport['caches'], failures: readonly string[]): string {
  const result = failures.length > 0 ? failedHeading : heading('only looked up', caches)
  return document(
    [result, failureList(failures), cacheList({ caches, vendored: false }), keys(caches)],
    mostBytes,
  )
}

/** Returns the heading with the result. An error of the cache is highlighted, but is no failure. */
function heading(result: string, caches: MainReport['caches']): readonly string[] {
  const hasCacheError = caches.some(({ outcome }) => (outcome?.error ?? '') !== '')
  if (!hasCacheError) return [`### ${subject}: ${result}`]
  return [`### ⚠️ ${subject}: ${[result, 'the cache did not work'].filter((text) => text !== '').join('; ')}`]
}

function failureList(failures: readonly string[]): readonly string[] {
  return listed(most.failures, failures, (failure) => lines(failure, length.failure))
}

function foundLines({ go, roots }: MainReport): readonly string[] {
  const version = `**Go**: ${escaped(go.version.replace(/^go/, ''))}, ${prose(go.origin)}`
  if (roots.length === 0 || roots.length > most.openPlaces) return [version]
  return [`${version}<br>`, `**Found**: ${roots.map(place).join(', ')}`]
}

function foldedPlaces({ roots }: MainReport): readonly string[] {
  if (roots.length <= most.openPlaces) return []
  return folded(`Found ${roots.length} modules and workspaces`, listed(most.places, roots, place))
}

function place({ label, what }: MainReport['roots'][number]): string {
  // A module path holds no blank (golang.org/x/mod/module, CheckPath), so a text with one describes a workspace.
  const shown = what.includes(' ') ? prose(what) : code(what)
  return label === '.' ? shown : `${shown} in ${code(label)}`
}

/** Returns the list of dependencies; it omits what the first line already covers for every root. */
function dependencyList({ dependencies }: MainReport): readonly string[] {
  const isCovered = dependencies.every(({ text }) => text === nothingMissing)
  return listed(most.dependencies, isCovered ? [] : dependencies, ({ label, text }) => {
    const where = label === '.' ? '' : ` of ${code(label)}`
    return `**Dependencies**${where}: ${prose(text)}`
  })
}

function offlineLine({ offline }: MainReport): readonly string[] {
  return offline === undefined ? [] : [`- **Offline**: ${prose(offline)}`]
}

function bundleLine({ bundle }: MainReport): readonly string[] {
  return bundle === undefined
    ? []
    : [`- **Bundle**: ${prose(bundleWrittenText(bundle).replace(/^Bundle /, ''), length.failure)}`]
}

function noticeLines({ notices }: MainReport): readonly string[] {
  return notices.map((notice) => `- **Note**: ${prose(notice, length.failure)}`)
}

function timeline({ timeline: spans }: MainReport): readonly string[] {
  const shown = timelineTable(spans)
  return shown.length === 0 ? [] : folded('Timeline', shown)
}

/** Returns the line about the saves. A failed job gets none, because it saves less than planned. */
function savingLine({ caches, saving, failures }: MainReport): readonly string[] {
  if (failures.length > 0 || !caches.some(({ plan }) => plan.wanted)) return []
  const why = prose(saving.why)
  const step = 'in a later step with `org/go-deps-action/save`'
  const texts = {
    yes: `${saving.needsStep ? step : 'when the job ends'} (${why})`,
    no: `not in this run (${why})`,
    'if-nothing-found': saving.needsStep ? `${step} (${why})` : why,
  }
  return [`- **Saving**: ${texts[saving.save]}`]
}

function fetchedModules({ dependencies }: MainReport): readonly string[] {
  const modules = [...new Set(dependencies.flatMap(({ fetched }) => fetched))]
  if (modules.length === 0) return []
  const isDownload = dependencies.every(({ sources }) => sources === undefined || isNetwork(sources))
  const title = `${modules.length} ${modules.length === 1 ? 'module' : 'modules'}`
  return folded(
    isDownload ? `Downloaded ${title}` : `${title} that were not in the module cache`,
    block(firstLinesOf(modules, most.modules)),
  )
}

function isNetwork({ bundle, zips, folder }: FetchedFrom): boolean {
  return bundle + zips + folder === 0
}

function exportedVariables({ variables }: MainReport): readonly string[] {
  if (variables.length === 0) return []
  const shown = variables.slice(0, most.variables)
  return folded(
    'Variables for this and later steps',
    block(shown.map(({ name, shown, why }) => `${name}=${shown}  (${why})`)),
  )
}

function titled(title: string, content: readonly string[]): readonly (readonly string[])[] {
  return content.length === 0 ? [] : [[`**${title}**`], content]
}

/** Returns a list of the first items, and the number of the others. */
function listed<T>(count: number, all: readonly T[], item: (one: T) => string): readonly string[] {
  return firstLinesOf(all.map(item), count).map((text) => `- ${text}`)
}

/** The facts of an opened bundle. */
export interface Opened {
  readonly given: string
  readonly content: BundleContent
  readonly size: number
  readonly sha256: string
  readonly verifiedBy: 'input' | 'file' | 'nothing'
}

/** Maximum number of shown gaps. */
const maxGapRows = 200

/**
 * Returns the job summary of `bundle-check`.
 *
 * @returns Markdown, at most 200 kB whatever the data
 */
export function bundleCheckSummary(opened: Opened, fit: BundleFit): string {
  const { gaps, extra } = fit
  const result = gaps.length === 0 ? '### Bundle: enough for this checkout' : '### ❌ Bundle: not enough'
  return document(
    [
      [result],
      [prose(bundleOpenedText(opened, extra.length))],
      gaps.length === 0
        ? []
        : [
            '| module | part | problem |',
            '|---|---|---|',
            ...gaps.slice(0, maxGapRows).map(gapRow),
            ...(gaps.length > maxGapRows ? [`| and ${gaps.length - maxGapRows} more | | |`] : []),
          ],
      extra.length === 0
        ? []
        : folded(`Not for this checkout: ${extra.length}`, block(extra.slice(0, maxGapRows))),
    ],
    200_000,
  )
}

function gapRow({ name, part, expected, found }: BundleGap): string {
  const what = found === '' ? 'missing' : `${cell(found)} instead of ${cell(expected)}`
  return `| ${cell(name)} | ${part} | ${what} |`
}

/** Formats data for a table cell. A `|` would end the cell, even in code. */
function cell(text: string): string {
  return text.includes('|') ? escaped(text) : code(text)
}
