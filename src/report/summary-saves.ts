import { countsText } from './changes.ts'
import { document, prose } from './markdown.ts'
import { bytesText, type SaveReport, secondsText, titles } from './report.ts'
import { reasonLine } from './summary-caches.ts'

/**
 * The job summary's part that post writes: one line where there is nothing to explain, and no heading.
 *
 * @param saves what is told; the caches that are off are none of it
 * @param most the most bytes
 */
export function savesSummary(saves: readonly SaveReport[], most: number): string {
  const result = resultText(saves)
  const mark = saves.some(({ outcome }) => outcome.trouble !== '') ? '⚠️ ' : ''
  const counts = saves.flatMap(({ outcome: { counts: one } }) =>
    one === undefined || one.reused.objects + one.fresh.objects === 0 ? [] : [countsText(one)],
  )
  const explained = new Set(saves.filter(({ outcome }) => outcome.saved || outcome.upToDate === true))
  const others = saves.filter((one) => !explained.has(one))
  const list = result.isWhole ? [] : others.map(({ name, outcome }) => reasonLine(name, reasonText(outcome)))
  return document(
    [[`${mark}**Go dependencies**: ${prose([result.text, ...counts].join('. '), 600)}`], list],
    most,
  )
}

/** The result as a sentence part, and whether it says all there is. */
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
  if (saves.some(({ outcome }) => outcome.trouble !== '')) {
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

function reasonText({ why, trouble }: SaveReport['outcome']): string {
  return trouble === '' || trouble === why ? why : `${why} (${trouble})`
}
