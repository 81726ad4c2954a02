import { matchKey } from '../plan/keys.ts'
import { changeLines, changesText, countsText } from './changes.ts'
import { keyLines, restoreDetail } from './log.ts'
import { block, folded, prose, table, unbroken } from './markdown.ts'
import {
  bytesText,
  type CacheName,
  type CacheReport,
  type SaveReport,
  secondsText,
  titles,
} from './report.ts'

/** What the caches are called in a heading. */
const shortTitles: Readonly<Record<CacheName, string>> = {
  modules: 'modules',
  build: 'build cache',
  toolchain: 'toolchain',
}

/** What an entry with another part is good for, by the name of the part (plan/caches.ts). */
const meanings: Readonly<Record<CacheName, Readonly<Record<string, string>>>> = {
  modules: { 'module graph': 'go.mod or go.sum changed, so what is new is downloaded' },
  build: {
    paths: 'the directories are others, so most packages are compiled anew',
    job: 'it comes from another job or matrix leg, and what both compile is reused',
    'module graph': 'the dependencies changed, so they are compiled anew, and what imports them',
    source: 'the code changed, so what changed is compiled anew',
  },
  toolchain: {},
}

/** Why there is no entry, as far as anybody can know. */
const missing: Readonly<Record<CacheName, string>> = {
  modules: 'nothing was saved for this module yet, or it was evicted',
  build: 'nothing was saved for this system, Go version and environment yet, or it was evicted',
  toolchain: 'nothing was saved for this Go version yet, or it was evicted',
}

/** As many modules that are not as in the entry are listed. */
const mostChanges = 50
/** As much of one reason is shown, in UTF-16 units. */
const reasonLength = 400
/** What is shown as zero is not worth a number. */
const leastSeconds = 0.05
/** Nothing in this cell. */
const none = '–'

/** Four columns, and none of them wide: more would have to be scrolled on a phone. */
const columns = [
  ['cache', 'left'],
  ['result', 'left'],
  ['size', 'right'],
  ['time', 'right'],
] as const

/** The results in words, such as `modules exact, build cache partial`. */
export function cacheHeadline(caches: readonly CacheReport[]): string {
  const needed = told(caches).filter(({ plan }) => plan.wanted || plan.expected !== true)
  if (needed.length === 0) return 'no cache is needed'
  if (needed.every(({ outcome }) => outcome?.found === 'miss' && outcome.trouble === ''))
    return 'no cache entry yet'
  return needed.map((cache) => `${shortTitles[cache.name]} ${resultWord(cache)}`).join(', ')
}

/** What became of each cache. */
export function restoreTable(caches: readonly CacheReport[]): readonly string[] {
  const rows = told(caches).map((cache) => [
    titles[cache.name],
    resultWord(cache),
    ...amounts(cache.outcome?.bytes, cache.outcome?.seconds),
  ])
  return rows.length === 0 ? [] : table(columns, rows)
}

/** Why each cache came to what it came to, as a list. */
export function restoreReasons(caches: readonly CacheReport[]): readonly string[] {
  return told(caches).map((cache) => reasonLine(cache.name, reason(cache)))
}

/** The modules that are not as in the entry, folded. */
export function moduleChanges(caches: readonly CacheReport[]): readonly string[] {
  const lines = caches.flatMap(({ changes }) =>
    changes === undefined ? [] : changeLines(changes, mostChanges),
  )
  return lines.length === 0 ? [] : folded('Modules that are not as in the entry', block(lines))
}

/** What became of each save. */
export function saveTable(saves: readonly SaveReport[]): readonly string[] {
  const rows = saves.map(({ name, outcome }) => [
    titles[name],
    outcome.saved ? 'saved' : outcome.held ? 'there already' : 'not saved',
    ...amounts(outcome.bytes, outcome.seconds),
  ])
  return table(columns, rows)
}

/** Why what was not saved was not, as a list; main has said why the others are. */
export function saveReasons(saves: readonly SaveReport[]): readonly string[] {
  return saves
    .filter(({ outcome }) => !outcome.saved)
    .map(({ name, outcome: { why, trouble } }) =>
      reasonLine(name, trouble === '' || trouble === why ? why : `${why} (${trouble})`),
    )
}

/** What became of the build objects, as a list. */
export function buildCounts(saves: readonly SaveReport[]): readonly string[] {
  return saves.flatMap(({ name, outcome: { counts } }) =>
    counts === undefined ? [] : [`- **${titles[name]}, in this job**: ${prose(countsText(counts))}`],
  )
}

/** The keys with their parts, folded. */
export function keys(caches: readonly CacheReport[]): readonly string[] {
  const texts = caches.flatMap(({ name, plan, outcome }) => {
    if (!plan.wanted) return []
    const matched = outcome?.matched ?? ''
    return [titles[name], ...keyLines(plan.key), ...(matched === '' ? [] : [`restored: ${matched}`]), '']
  })
  return texts.length === 0 ? [] : folded('Cache keys', block(texts.slice(0, -1)))
}

/** Seconds for a table. */
export function secondsCell(seconds: number): string {
  return unbroken(secondsText(seconds))
}

/** The toolchain is told of only where there is one. */
function told(caches: readonly CacheReport[]): readonly CacheReport[] {
  return caches.filter(({ name, plan }) => name !== 'toolchain' || plan.wanted)
}

function resultWord({ plan, outcome }: CacheReport): string {
  if (!plan.wanted) return plan.expected === true ? 'not needed' : 'off'
  return outcome?.found ?? 'not restored'
}

function reason(report: CacheReport): string {
  const { name, plan, outcome } = report
  if (!plan.wanted || outcome === undefined || outcome.alreadyThere) return restoreDetail(report)
  if (outcome.found === 'miss') return outcome.trouble || missing[name]
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
  return [`${count === 1 ? '1 module is' : `${count} modules are`} not what is recorded, and left out`]
}

function reasonLine(name: CacheName, text: string): string {
  return `- **${titles[name]}**: ${prose(text, reasonLength)}`
}

function amounts(bytes = 0, seconds = 0): readonly [size: string, time: string] {
  return [
    bytes > 0 ? unbroken(bytesText(bytes)) : none,
    seconds >= leastSeconds ? secondsCell(seconds) : none,
  ]
}
