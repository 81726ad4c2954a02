/** What `cache-max-size` has left out of an entry, as the entry remembers it. */
export interface LeftOutModules {
  /** The limit in bytes that was in force. */
  readonly most: number
  /** Whether zips were left out. */
  readonly zips: boolean
  /** The `path@version` of the modules that were left out. */
  readonly names: readonly string[]
}

/** What an entry without a limit does without. */
export const nothingLeftOut: Pick<LeftOutModules, 'zips' | 'names'> = { zips: false, names: [] }

/** A module that may be part of an entry. */
export interface SizedModule {
  /** `path@version` */
  readonly name: string
  /** Length of its files in bytes. */
  readonly bytes: number
  /** Whether a build needs it. */
  readonly needed: boolean
  /** Whether the restored entry held it. */
  readonly held: boolean
}

/**
 * Chooses which modules an entry does without. Every module can be downloaded again, and each costs a request, whatever
 * its length: so the entry keeps as many as fit, the small ones. What builds need comes before what only a checksum file
 * names, and what the restored entry held before what is new, so that one graph always gives the same choice.
 *
 * @param modules what there is
 * @param room length in bytes that the kept ones may have
 * @returns names of those that do not fit
 */
export function modulesThatDoNotFit(modules: readonly SizedModule[], room: number): readonly string[] {
  const ranked = [...modules].sort(
    (a, b) =>
      Number(b.needed) - Number(a.needed) ||
      Number(b.held) - Number(a.held) ||
      a.bytes - b.bytes ||
      (a.name < b.name ? -1 : 1),
  )
  let total = 0
  return ranked.flatMap(({ name, bytes }) => {
    if (total + bytes > room) return [name]
    total += bytes
    return []
  })
}

/** Reads what an entry remembers of its limit. It is untrusted: what is not as we write it counts as not there. */
export function decodeLeftOut(value: unknown): LeftOutModules | undefined {
  const { most, zips, names } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof most !== 'number' || typeof zips !== 'boolean' || !Array.isArray(names)) return undefined
  return { most, zips, names: names.filter((name) => typeof name === 'string') }
}
