import { keyLines, restoreDetail } from './log.ts'
import {
  bytesText,
  type CacheReport,
  type DependencyReport,
  type SaveReport,
  secondsText,
  status,
  titles,
} from './report.ts'

/** The job summary's part that main writes. */
export function mainSummary(report: {
  readonly goVersion: string
  readonly labels: readonly string[]
  readonly caches: readonly CacheReport[]
  readonly dependencies: readonly DependencyReport[]
  readonly policy: string
  /** Whether fetching dependencies failed. */
  readonly failed: boolean
}): string {
  const rows = report.caches.map((cache) => {
    const { outcome } = cache
    const amounts =
      outcome === undefined || outcome.found === 'miss' || outcome.alreadyThere
        ? ['–', '–', '–']
        : [String(outcome.files), bytesText(outcome.bytes), secondsText(outcome.seconds)]
    return row([titles[cache.name], status(cache), ...amounts, restoreDetail(cache)])
  })
  return [
    '### Go dependencies',
    '',
    `Go ${escaped(report.goVersion.replace(/^go/, ''))} for ${report.labels.map((label) => escaped(label === '.' ? 'the module at the root' : label)).join(', ')}`,
    '',
    row(['cache', 'result', 'files', 'size', 'time', 'why']),
    '|---|---|--:|--:|--:|---|',
    ...rows,
    '',
    ...report.dependencies.map(
      ({ label, text }) => `- Dependencies${label === '.' ? '' : ` of ${escaped(label)}`}: ${escaped(text)}`,
    ),
    ...(report.failed ? ['- **Dependencies could not be downloaded**: the log says why'] : []),
    `- Saving: ${escaped(report.policy)}`,
    '',
    ...keys(report.caches),
  ].join('\n')
}

/** The job summary's part that post writes. */
export function postSummary(saves: readonly SaveReport[]): string {
  const rows = saves.map(({ name, outcome }) =>
    row([
      titles[name],
      outcome.saved ? 'saved' : 'not saved',
      ...(outcome.saved
        ? [String(outcome.files), bytesText(outcome.bytes), secondsText(outcome.seconds)]
        : ['–', '–', '–']),
      outcome.why,
    ]),
  )
  return [
    '### Go dependencies: saved for the next run',
    '',
    row(['cache', 'result', 'files', 'stored', 'time', 'why']),
    '|---|---|--:|--:|--:|---|',
    ...rows,
    '',
  ].join('\n')
}

/** Both keys with their parts, folded: key parts hold nothing that could end the block. */
function keys(caches: readonly CacheReport[]): readonly string[] {
  const lines = caches.flatMap(({ name, plan }) =>
    plan.wanted ? [`${titles[name]}`, ...keyLines(plan.key), ''] : [],
  )
  if (lines.length === 0) return []
  return [
    '<details><summary>Keys</summary>',
    '',
    '```text',
    ...lines.slice(0, -1),
    '```',
    '',
    '</details>',
    '',
  ]
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(' | ')} |`
}

/** Text that stays text inside a table: no markup, no new cells, no new lines. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]<>|#]/g, (character) => `\\${character}`)
    .replaceAll(/\s*[\r\n]+\s*/g, ' ')
}
