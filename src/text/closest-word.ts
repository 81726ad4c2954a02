/** Suggestions for mistyped words. */

/**
 * Finds the word that the user probably meant.
 *
 * @param text the text as written; upper case, blanks, `-` and `_` do not count
 * @param words the possible words
 * @returns the closest word, with at most one typing error per three characters; undefined without such a word
 */
export function closestWord<const Word extends string>(
  text: string,
  words: readonly Word[],
): Word | undefined {
  const written = normalized(text)
  // A long text is not a mistyped word, and its comparison would be slow.
  if (written === '' || written.length > 40) return undefined
  const distances = words.map((word) => ({ word, distance: typingErrors(written, normalized(word)) }))
  const [closest] = distances.sort((a, b) => a.distance - b.distance)
  if (closest === undefined) return undefined
  return closest.distance <= Math.max(1, Math.floor(normalized(closest.word).length / 3))
    ? closest.word
    : undefined
}

function normalized(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_-]/g, '')
}

/**
 * Counts the typing errors between two words: an extra, missing or wrong character, or two swapped ones
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
