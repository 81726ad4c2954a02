import { advice } from './advice.ts'
import { madeText } from './bundle.ts'
import { nothingMissing } from './changes.ts'
import { headline, isWarm } from './headline.ts'
import { block, code, document, escaped, folded, lines, prose } from './markdown.ts'
import type { FetchedFrom, MainReport, SaveReport } from './report.ts'
import { cacheList, keys, moduleChanges } from './summary-caches.ts'
import { savesSummary } from './summary-saves.ts'
import { timelineTable } from './summary-timeline.ts'

/**
 * GitHub refuses a step's summary of more than 1 MiB as a whole
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits),
 * and nobody reads as much.
 */
const mostBytes = 200_000
/** As many of a kind are shown. */
const most = {
  failures: 10,
  openPlaces: 5,
  places: 30,
  dependencies: 20,
  modules: 50,
  variables: 20,
  planned: 500,
}
/** As much of one text is shown, in UTF-16 units. */
const length = { failure: 2000, advice: 600 }

const subject = 'Go dependencies'
const failedHeading = [`### ❌ ${subject}: failed`]

/**
 * The job summary's part that main writes: first what everybody wants to know, then why, and folded what is looked up.
 * Where all is as in the run before, everything else is folded. No heading says that all is well: a later step may
 * fail, and then the job's page would say so of a failed job.
 *
 * @returns Markdown, at most 200 kB whatever the data
 */
export function mainSummary(report: MainReport): string {
  const { caches, failures } = report
  const tips = advice(report)
  const more = [...dependencyList(report), ...savingLine(report)]
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
        'What comes next',
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
 * The job summary's part that post writes.
 *
 * @param saves what is told; the caches that are off are none of it
 * @returns Markdown, at most 200 kB whatever the data
 */
export function postSummary(saves: readonly SaveReport[]): string {
  return savesSummary(saves, mostBytes)
}

/**
 * The job summary of a dry run.
 *
 * @param planned what would be done, one a line, as the log shows it
 * @returns Markdown, at most 200 kB whatever the data
 */
export function planSummary(planned: readonly string[]): string {
  return document(
    [[`### ${subject}: dry run, nothing was done`], block(planned.slice(0, most.planned))],
    mostBytes,
  )
}

/**
 * The job summary where there is nothing to do.
 *
 * @param why a sentence
 */
export function nothingSummary(why: string): string {
  return document([[`### ${subject}: nothing to do`], [prose(why)]], mostBytes)
}

/**
 * The job summary where the step failed before it could do anything.
 *
 * @param failures what made it fail
 * @returns Markdown, at most 200 kB whatever the data
 */
export function failureSummary(failures: readonly string[]): string {
  return document([failedHeading, failureList(failures)], mostBytes)
}

/** The result in words. What goes wrong with the cache is worth a look, and no failure. */
function heading(result: string, caches: MainReport['caches']): readonly string[] {
  const isTroubled = caches.some(({ outcome }) => (outcome?.trouble ?? '') !== '')
  if (!isTroubled) return [`### ${subject}: ${result}`]
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
  // A module path holds no blank (golang.org/x/mod/module, CheckPath): this is how large a workspace is.
  const shown = what.includes(' ') ? prose(what) : code(what)
  return label === '.' ? shown : `${shown} in ${code(label)}`
}

/** What every root has in the first line already is not said again. */
function dependencyList({ dependencies }: MainReport): readonly string[] {
  const isSaid = dependencies.every(({ text }) => text === nothingMissing)
  return listed(most.dependencies, isSaid ? [] : dependencies, ({ label, text }) => {
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
    : [`- **Bundle**: ${prose(madeText(bundle).replace(/^Bundle /, ''), length.failure)}`]
}

function noticeLines({ notices }: MainReport): readonly string[] {
  return notices.map((notice) => `- **Note**: ${prose(notice, length.failure)}`)
}

function timeline({ timeline: spans }: MainReport): readonly string[] {
  const shown = timelineTable(spans)
  return shown.length === 0 ? [] : folded('What took how long', shown)
}

/** A failed job saves less than its plan says, and nobody asks. */
function savingLine({ caches, saving, failures }: MainReport): readonly string[] {
  if (failures.length > 0 || !caches.some(({ plan }) => plan.wanted)) return []
  const why = prose(saving.why)
  const texts = { yes: `when the job ends (${why})`, no: `not in this run (${why})`, 'if-nothing-found': why }
  return [`- **Saving**: ${texts[saving.save]}`]
}

function fetchedModules({ dependencies }: MainReport): readonly string[] {
  const modules = [...new Set(dependencies.flatMap(({ fetched }) => fetched))]
  if (modules.length === 0) return []
  const more = modules.length - most.modules
  const shown = [...modules.slice(0, most.modules), ...(more > 0 ? [`and ${more} more`] : [])]
  const isDownload = dependencies.every(({ sources }) => sources === undefined || isNetwork(sources))
  const title = `${modules.length} ${modules.length === 1 ? 'module' : 'modules'}`
  return folded(
    isDownload ? `Downloaded ${title}` : `${title} that were not in the module cache`,
    block(shown),
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

/** A list of the first of many, and how many more there are. */
function listed<T>(count: number, all: readonly T[], item: (one: T) => string): readonly string[] {
  const more = all.length - count
  return [...all.slice(0, count).map(item), ...(more > 0 ? [`and ${more} more`] : [])].map(
    (text) => `- ${text}`,
  )
}
