/** What an outcome says of the cache itself. */
interface Troubled {
  readonly trouble: string
}

/**
 * The one warning about the cache, however many of its parts failed.
 *
 * @param outcomes what restoring or saving came to; undefined where nothing was tried
 * @returns undefined when nothing went wrong
 */
export function cacheWarning(outcomes: readonly (Troubled | undefined)[]): string | undefined {
  const troubles = new Set(
    outcomes.map((outcome) => outcome?.trouble ?? '').filter((trouble) => trouble !== ''),
  )
  if (troubles.size === 0) return undefined
  return `The cache did not work, and the job goes on without it: ${[...troubles].join('; ')}`
}
