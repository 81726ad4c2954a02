/** A turn to ask the store to keep something; exactly one of its functions is called, once the store has said something. */
export interface Turn {
  /** The store takes entries of this run. */
  readonly granted: () => void
  /** The store takes none. */
  readonly denied: () => void
  /** Nothing was learnt. */
  readonly ended: () => void
}

/** Whether the store takes entries of this run, which nobody knows before it was asked once. */
export interface WriteAccess {
  /** Waits until nobody else is the first to ask; undefined when the store takes none. */
  readonly enter: () => Promise<Turn | undefined>
}

/**
 * Lets the first entry find out whether the store takes any: packing others before would be in vain where it does not. They
 * go on as soon as the store has taken the first, and do not wait until it is uploaded.
 */
export function writeAccess(): WriteAccess {
  let known: 'unknown' | 'granted' | 'denied' = 'unknown'
  let asking: Promise<void> | undefined
  return {
    enter: async () => {
      while (known === 'unknown' && asking !== undefined) await asking
      if (known === 'denied') return undefined
      const { promise, resolve } = Promise.withResolvers<void>()
      asking = promise
      const end = (learnt: typeof known) => {
        if (known === 'unknown') known = learnt
        asking = undefined
        resolve()
      }
      return { granted: () => end('granted'), denied: () => end('denied'), ended: () => end('unknown') }
    },
  }
}
