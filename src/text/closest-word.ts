/** What somebody meant who made a typing error. */

/**
 * Finds the word that a text was probably meant to be.
 *
 * @param text as it was written; upper case, blanks, `-` and `_` do not count
 * @param words the words that may be meant
 * @returns the nearest word, at most one typing error in three characters away; undefined where none is near
 */
export function closestWord<const Word extends string>(
  text: string,
  words: readonly Word[],
): Word | undefined {
  const written = plain(text)
  // A long text is no mistyped word, and would take long to compare.
  if (written === '' || written.length > 40) return undefined
  const distances = words.map((word) => ({ word, distance: typingErrors(written, plain(word)) }))
  const [nearest] = distances.sort((a, b) => a.distance - b.distance)
  if (nearest === undefined) return undefined
  return nearest.distance <= Math.max(1, Math.floor(plain(nearest.word).length / 3))
    ? nearest.word
    : undefined
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_-]/g, '')
}

/**
 * Counts the typing errors between two words: a character too many, too few or wrong, or two that changed places
 * (optimal string alignment distance).
 */
function typingErrors(a: string, b: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1
      const [above = 0, left = 0, diagonal = 0] = [last[j], row[j - 1], last[j - 1]]
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (beforeLast[j - 2] ?? 0) + 1
          : Infinity
      row.push(Math.min(above + 1, left + 1, diagonal + wrong, swapped))
    }
    ;[beforeLast, last] = [last, row]
  }
  return last[b.length] ?? 0
}
