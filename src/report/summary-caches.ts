import {
  type CacheName,
  type CacheReport,
  matchKey,
  type RestoreOutcome,
  type SaveReport,
} from '../cache/index.ts'
import { bytesText, rateText, secondsText } from '../text/amounts.ts'
import { changeLines, changesText, countsText, keyLines, restoreDetail } from './log.ts'
import { block, document, folded, prose, unbroken } from './markdown.ts'
import { titles } from './report.ts'

/** The effect of a difference between the keys, by the name of the key part that differs (cache/key.ts). */
const meanings: Readonly<Record<CacheName, Readonly<Record<string, string>>>> = {
  modules: {
    'module graph': 'go.mod or go.sum changed, so new modules are downloaded',
    'job result': 'the job that saved it failed, so missing modules are downloaded',
  },
  build: {
    paths: 'the directories differ, so most packages are recompiled',
    job: 'it is from another job or matrix leg, and packages that both compile are reused',
    'module graph': 'the dependencies changed, so they and the packages that import them are recompiled',
    source: 'the code changed, so changed packages are recompiled',
  },
  toolchain: {},
}

/** The likely reasons for a miss. */
const missing: Readonly<Record<CacheName, string>> = {
  modules: 'nothing was saved in this repository yet, or it was evicted',
  build: 'nothing was saved for this system, Go version and environment yet, or it was evicted',
  toolchain: 'nothing was saved for this Go version yet, or it was evicted',
}

/** Maximum number of listed modules that differ from the entry. */
const mostChanges = 50

/** Maximum length of one reason, in UTF-16 units. */
const reasonLength = 400

/** Minimum duration in seconds to show: a shorter one would appear as zero. */
const leastSeconds = 0.05

/** Returns the list of caches with result, stored size and reason. Builds use no module cache for vendored modules. */
export function cacheList({
  caches,
  vendored,
}: {
  readonly caches: readonly CacheReport[]
  readonly vendored: boolean
}): readonly string[] {
  return shownCaches(caches).map((cache) => {
    const isForChecks = vendored && cache.name === 'modules' && cache.plan.wanted
    const result = isForChecks ? `only for the checks of this step, ${resultWord(cache)}` : resultWord(cache)
    const texts = [result, ...amounts(cache.outcome)].join(', ')
    const why = reason(cache)
    return reasonLine(cache.name, why === '' ? texts : `${texts}: ${why}`)
  })
}

/** Returns the folded list of modules that differ from the entry. */
export function moduleChanges(caches: readonly CacheReport[]): readonly string[] {
  const lines = caches.flatMap(({ changes }) =>
    changes === undefined ? [] : changeLines(changes, mostChanges),
  )
  return lines.length === 0 ? [] : folded('Modules that differ from the entry', block(lines))
}

/** Returns the folded keys with their parts. */
export function keys(caches: readonly CacheReport[]): readonly string[] {
  const texts = caches.flatMap(({ name, plan, outcome }) => {
    if (!plan.wanted) return []
    const matched = outcome?.matched ?? ''
    const verb = outcome?.lookedUp ? 'found' : 'restored'
    return [titles[name], ...keyLines(plan.key), ...(matched === '' ? [] : [`${verb}: ${matched}`]), '']
  })
  return texts.length === 0 ? [] : folded('Cache keys', block(texts.slice(0, -1)))
}

/** Formats seconds without line break. */
export function secondsCell(seconds: number): string {
  return unbroken(secondsText(seconds))
}

/** Formats a cache as the line of a list. */
function reasonLine(name: CacheName, text: string): string {
  return `- **${titles[name]}**: ${prose(text, reasonLength)}`
}

/** Returns the caches to show: the toolchain only if its cache is wanted. */
function shownCaches(caches: readonly CacheReport[]): readonly CacheReport[] {
  return caches.filter(({ name, plan }) => name !== 'toolchain' || plan.wanted)
}

function resultWord({ plan, outcome }: CacheReport): string {
  if (!plan.wanted) return plan.expected === true ? 'not needed' : 'off'
  if (outcome?.alreadyCached) return 'not requested'
  return outcome?.found ?? 'not restored'
}

function reason(report: CacheReport): string {
  const { name, plan, outcome } = report
  if (outcome?.alreadyCached && outcome.found === 'partial') return 'most modules are on this machine already'
  if (!plan.wanted || outcome === undefined || outcome.alreadyCached) return restoreDetail(report)
  if (outcome.found === 'miss') return outcome.error || missing[name]
  const match = matchKey(plan.key, outcome.matched)
  if (match.kind === 'exact') return [restoreDetail(report), ...wrongText(report)].join('; ')
  const meaning = meanings[name][match.differs.name]
  const modules = report.changes === undefined ? '' : changesText(report.changes)
  const details = [meaning ?? '', modules, ...wrongText(report)].filter((text) => text !== '').join('; ')
  return `differs in \`${match.differs.name}\`${details === '' ? '' : `: ${details}`}`
}

function wrongText({ wrong = [] }: CacheReport): readonly string[] {
  const count = new Set(wrong.map(({ name }) => name)).size
  if (count === 0) return []
  return [
    `${count === 1 ? '1 module does' : `${count} modules do`} not match the recorded hashes and ${count === 1 ? 'was' : 'were'} discarded`,
  ]
}

function amounts({
  bytes = 0,
  seconds = 0,
  found = 'miss',
  transfer,
}: Partial<RestoreOutcome> = {}): readonly string[] {
  if (found === 'miss' || bytes === 0) return []
  return [
    `${bytesText(bytes)} stored`,
    ...(seconds >= leastSeconds ? [`restored in ${secondsText(seconds)}`] : []),
    ...(seconds >= leastSeconds && transfer !== undefined ? [rateText(transfer)] : []),
  ]
}

/**
 * Returns post's part of the job summary: one line if there is nothing to explain, and no heading.
 *
 * @param saves the saves to report, without caches that are off
 * @param most maximum size in bytes
 */
export function savesSummary(saves: readonly SaveReport[], most: number): string {
  const result = resultText(saves)
  const warningSign = saves.some(({ outcome }) => outcome.error !== '') ? '⚠️ ' : ''
  const counts = saves.flatMap(({ outcome: { counts: one } }) =>
    one === undefined || one.reused.objects + one.fresh.objects === 0 ? [] : [countsText(one)],
  )
  const explained = new Set(saves.filter(({ outcome }) => outcome.saved || outcome.upToDate === true))
  const others = saves.filter((one) => !explained.has(one))
  const list = result.isWhole ? [] : others.map(({ name, outcome }) => reasonLine(name, reasonText(outcome)))
  return document(
    [[`${warningSign}**Go dependencies**: ${prose([result.text, ...counts].join('. '), 600)}`], list],
    most,
  )
}

/** Returns the result as a clause, and whether that is the whole report. */
function resultText(saves: readonly SaveReport[]): { readonly text: string; readonly isWhole: boolean } {
  const saved = saves.filter(({ outcome }) => outcome.saved)
  if (saved.length > 0) {
    const names = saved.map(
      ({ name, outcome }) => `${titles[name].toLowerCase()} ${bytesText(outcome.bytes)}`,
    )
    const seconds = Math.max(...saved.map(({ outcome }) => outcome.seconds))
    return {
      text: `saved for the next run: ${names.join(', ')} stored, in ${secondsText(seconds)}`,
      isWhole: false,
    }
  }
  if (saves.some(({ outcome }) => outcome.error !== '')) {
    return { text: 'nothing is saved, because the cache did not work', isWhole: false }
  }
  if (saves.every(({ outcome }) => outcome.upToDate === true)) {
    return { text: 'up to date, nothing new to save', isWhole: true }
  }
  const [first, ...reasons] = new Set(
    saves.filter(({ outcome }) => outcome.upToDate !== true).map(({ outcome }) => outcome.why),
  )
  return reasons.length === 0
    ? { text: `nothing is saved: ${first}`, isWhole: true }
    : { text: 'nothing is saved', isWhole: false }
}

function reasonText({ why, error }: SaveReport['outcome']): string {
  return error === '' || error === why ? why : `${why} (${error})`
}
