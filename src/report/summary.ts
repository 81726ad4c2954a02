import { advice } from './advice.ts'
import { madeText } from './bundle.ts'
import { block, code, document, escaped, folded, lines, prose } from './markdown.ts'
import type { MainReport, SaveReport } from './report.ts'
import {
  buildCounts,
  cacheHeadline,
  keys,
  moduleChanges,
  restoreReasons,
  restoreTable,
  saveReasons,
  saveTable,
} from './summary-caches.ts'
import { timelineTable } from './summary-timeline.ts'

/**
 * GitHub refuses a step's summary of more than 1 MiB as a whole
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits),
 * and nobody reads as much.
 */
const mostBytes = 200_000
/** As many of a kind are shown. */
const most = { failures: 10, openPlaces: 5, places: 30, dependencies: 20, modules: 50, variables: 20 }
/** As much of one text is shown, in UTF-16 units. */
const length = { failure: 2000, advice: 600 }

const subject = 'Go dependencies'
const failedHeading = [`### ❌ ${subject}: failed`]

/**
 * The job summary's part that main writes: first whether all is well, then why, and folded what is looked up.
 *
 * @returns Markdown, at most 200 kB whatever the data
 */
export function mainSummary(report: MainReport): string {
  const { caches, failures } = report
  return document(
    [
      failures.length > 0 ? failedHeading : heading(cacheHeadline(caches), caches),
      failureList(failures),
      foundLines(report),
      foldedPlaces(report),
      restoreTable(caches),
      [
        ...restoreReasons(caches),
        ...dependencyList(report),
        ...bundleLine(report),
        ...offlineLine(report),
        ...savingLine(report),
      ],
      moduleChanges(caches),
      fetchedModules(report),
      ...titled(
        'What comes next',
        advice(report).map((text) => `- ${prose(text, length.advice)}`),
      ),
      ...titled('What took how long', timelineTable(report.timeline)),
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
  const isSaved = saves.some(({ outcome }) => outcome.saved)
  const result = isSaved ? 'saved for the next run' : 'nothing was saved'
  return document(
    [heading(result, saves), saveTable(saves), [...saveReasons(saves), ...buildCounts(saves)]],
    mostBytes,
  )
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
function heading(
  result: string,
  told: readonly { readonly outcome?: { readonly trouble: string } }[],
): readonly string[] {
  const isTroubled = told.some(({ outcome }) => (outcome?.trouble ?? '') !== '')
  return [isTroubled ? `### ⚠️ ${subject}: ${result}; the cache did not work` : `### ✅ ${subject}: ${result}`]
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

function dependencyList({ dependencies }: MainReport): readonly string[] {
  return listed(most.dependencies, dependencies, ({ label, text }) => {
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
  return folded(`Downloaded ${modules.length} ${modules.length === 1 ? 'module' : 'modules'}`, block(shown))
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
