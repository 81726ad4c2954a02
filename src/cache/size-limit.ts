import { bytesText } from '../text/amounts.ts'
import { notSaved, type SaveOutcome } from './outcomes.ts'

/** As much of `cache-max-size` is planned for, because nobody knows before how well the content compresses. */
export const plannedShare = 0.95

/** As often an entry is packed anew that turned out longer than planned. */
export const maxPackAttempts = 5

/** The value that a warning proposes leaves this much room for growth. */
const growth = 1.2

/**
 * What is said of an entry that is longer than the user allows.
 *
 * @param packed lengths in bytes, as stored and of the files
 * @param most length in bytes that a stored entry may have
 */
export function exceedsLimit(
  { packedBytes, bytes }: { readonly packedBytes: number; readonly bytes: number },
  most: number,
): SaveOutcome {
  const why = `it would take ${bytesText(packedBytes)} as stored, and \`cache-max-size\` allows ${bytesText(most)}`
  return { ...notSaved(why), tooLarge: { stored: packedBytes, unpacked: bytes } }
}

/** What did not fit into an entry. */
interface Omitted {
  /** What the entry was to hold, such as `149 modules`. */
  readonly all: string
  /** How many of them do not fit. */
  readonly count: number
  /** Length in bytes that everything would have as stored; an estimate. */
  readonly wanted: number
  /** Length in bytes that a stored entry may have. */
  readonly most: number
  /** What each run does with them, such as `downloads them again`. */
  readonly cost: string
}

/** The warning about an entry that `cache-max-size` cuts: what happens, and the line that changes it. */
export function limitWarning(title: string, { all, count, wanted, most, cost }: Omitted): string {
  return `${title}: ${all} would take about ${bytesText(wanted)} as stored, and \`cache-max-size\` allows ${bytesText(most)}. The largest are left out, ${count} in number, and every run ${cost}. ${setting(wanted)} keeps them all.`
}

/** The warning about an entry of which nothing fits. */
export function nothingFitsWarning(
  title: string,
  { all, wanted, most, cost }: Omit<Omitted, 'count'>,
): string {
  return `${title}: nothing is saved, and every run ${cost}. ${all} would take about ${bytesText(wanted)} as stored, and \`cache-max-size\` allows ${bytesText(most)}, which is too little. ${setting(wanted)} is enough.`
}

/** What is said where the entry before holds as much as `cache-max-size` allows. */
export function limitReachedText(leftOut: string, most: number): string {
  return `\`cache-max-size\`, ${bytesText(most)}, leaves out ${leftOut}`
}

function setting(wanted: number): string {
  return `\`cache-max-size: ${Math.ceil((wanted * growth) / 1e6)} MB\``
}
