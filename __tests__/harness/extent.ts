/** Whether this is `npm run test:full`: every row and every round of the long tests. */
export const isFull = process.env.GO_DEPS_FULL !== undefined

/**
 * Chooses the rows of a long table that `npm test` runs; `npm run test:full` runs all of them.
 *
 * @param rows the whole table
 * @param count how many of them a short run takes, spread evenly: always the same ones
 */
export function slice<T>(rows: readonly T[], count: number): readonly T[] {
  if (isFull || rows.length <= count) return rows
  return Array.from({ length: count }, (_, index) => rows[Math.floor((index * rows.length) / count)] as T)
}

/**
 * Returns how many generated or listed cases the real go command gets: a tenth on Windows, where starting it takes long,
 * and the answers are the same.
 *
 * @param count number of cases on Unix
 */
export function goCases(count: number): number {
  return process.platform === 'win32' && !isFull ? Math.ceil(count / 10) : count
}
