/** What makes an entry one of its kind: the same key may exist once per version in every scope. */
export interface Identity {
  /** Git ref that the entry belongs to, such as `refs/heads/main`. */
  readonly scope: string
  readonly key: string
  /** Digest that the client makes of paths and compression; only equal versions ever match. */
  readonly version: string
}

/** An entry that was announced and may be uploading: it occupies its identity, and nobody can restore it. */
export interface Reservation extends Identity {
  readonly id: number
}

/** A committed entry: complete and never to change. */
export interface Entry extends Reservation {
  /** Bytes of the archive. */
  readonly size: number
  readonly created: Date
}

/** What a restore asks for. */
export interface Lookup {
  readonly key: string
  readonly restoreKeys: readonly string[]
  readonly version: string
}

/**
 * Finds the entry that a restore gets. One scope after the other; within a scope the key and then each restore
 * key in order; for each of them an equal key before the newest key that begins with it.
 * Source: "Dependency caching reference" of GitHub's documentation, sections "Cache key matching" and
 * "Restrictions for accessing a cache".
 *
 * @param committed all committed entries, oldest first
 * @param scopes refs that may be read, the job's own first
 */
export function findEntry(
  committed: readonly Entry[],
  lookup: Lookup,
  scopes: readonly string[],
): Entry | undefined {
  for (const scope of scopes) {
    const candidates = committed.filter((entry) => entry.scope === scope && entry.version === lookup.version)
    for (const key of [lookup.key, ...lookup.restoreKeys]) {
      const found =
        candidates.find((entry) => entry.key === key) ??
        candidates.findLast((entry) => entry.key.startsWith(key))
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Whether two entries could not both exist. */
export function sameIdentity(one: Identity, other: Identity): boolean {
  return one.scope === other.scope && one.key === other.key && one.version === other.version
}
