import { bytesText } from '../text/amounts.ts'
import type { SaveOutcome } from './outcomes.ts'
import { refuse, type SaveRefusal } from './save-rules.ts'

/** Minimum share of new content in an entry; an entry that adds less to the previous one is not worth saving. */
export const leastShare = 0.05

/** Share of `cache-max-size` that is planned for, because the compression ratio is unknown before packing. */
export const plannedShare = 0.95

/** Maximum number of times that an entry is repacked because it exceeded the planned size. */
export const maxPackAttempts = 5

/** Factor that leaves room for growth in the value that a warning proposes. */
const growth = 1.2

/**
 * Returns the outcome for an entry that exceeds the user's limit.
 *
 * @param packed sizes in bytes: `packedBytes` as stored, `bytes` of the files
 * @param most maximum stored size of an entry, in bytes
 */
export function exceedsLimit(
  { packedBytes, bytes }: { readonly packedBytes: number; readonly bytes: number },
  most: number,
): SaveOutcome {
  const values = { stored: bytesText(packedBytes), most: bytesText(most) }
  return { ...refuse({ rule: 'too-large', values }), tooLarge: { stored: packedBytes, unpacked: bytes } }
}

/** Content that does not fit into an entry. */
interface Omitted {
  /** Full content of the entry, such as `149 modules`. */
  readonly all: string
  /** Number of items that do not fit. */
  readonly count: number
  /** Estimated stored size of the full content, in bytes. */
  readonly wanted: number
  /** Maximum stored size of an entry, in bytes. */
  readonly most: number
  /** Work that every run repeats, such as `downloads them again`. */
  readonly cost: string
}

/** Returns the warning about an entry that `cache-max-size` reduces, with the line that changes it. */
export function limitWarning(title: string, { all, count, wanted, most, cost }: Omitted): string {
  return `${title}: ${all} would take about ${bytesText(wanted)} when stored, and \`cache-max-size\` allows ${bytesText(most)}. The entry omits the ${count} largest, and every run ${cost}. To make everything fit, set ${setting(wanted)}.`
}

/** Returns the warning about an entry when nothing fits. */
export function nothingFitsWarning(
  title: string,
  { all, wanted, most, cost }: Omit<Omitted, 'count'>,
): string {
  return `${title}: nothing is saved, and every run ${cost}. ${all} would take about ${bytesText(wanted)} when stored, and \`cache-max-size\` allows only ${bytesText(most)}. To make everything fit, set ${setting(wanted)}.`
}

/**
 * Returns the refusal of an entry that `cache-max-size` limits.
 *
 * @param rule `at-limit` when the previous entry holds as much as the limit allows
 * @param omitted description of the content that does not fit
 * @param most maximum stored size of an entry, in bytes
 */
export function limitRefusal(rule: 'at-limit' | 'nothing-fits', omitted: string, most: number): SaveRefusal {
  return { rule, values: { omitted, most: bytesText(most) } }
}

function setting(wanted: number): string {
  return `\`cache-max-size: ${Math.ceil((wanted * growth) / 1e6)} MB\``
}
