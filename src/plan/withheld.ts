import type { Event } from '../facts/event.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { type Root, sumsOf } from '../modules/roots.ts'
import { matchesModulePatterns } from '../modules/settings/match-patterns.ts'

/** What is kept out of the caches, because everybody could read it there. */
export interface Withheld {
  /** Patterns of modules that are not packed, separated by `,`; empty for none. */
  readonly patterns: string
  /** Why the build cache is not saved; empty where it may be. */
  readonly build: string
  /** Said once, where private modules are here. */
  readonly notice?: string
}

/** Everything may be kept. */
export const nothingWithheld: Withheld = { patterns: '', build: '' }

/**
 * Decides what of private modules must not get into an entry. In a public repository anybody can open a pull request and
 * read the caches of the default branch (docs.github.com, "Dependency caching reference", "Restrictions for accessing a
 * cache"). Where the event does not tell, as a scheduled one, the repository counts as public.
 *
 * @param goprivate GOPRIVATE as it will be
 */
export function planWithheld(
  inputs: Pick<Inputs, 'cache-private' | 'credentials'>,
  { isPublic }: Pick<Event, 'isPublic'>,
  roots: readonly Root[],
  goprivate: string,
): Withheld {
  if (inputs['cache-private'] || isPublic === false) return nothingWithheld
  const modules = roots.flatMap(sumsOf).flatMap(({ trees, goMods }) => [...trees, ...goMods])
  const isHere = modules.some(({ path }) => matchesModulePatterns(goprivate, path))
  const hasCredentials = inputs.credentials.credentials.length > 0
  if (!isHere && !hasCredentials) return { patterns: goprivate, build: '' }
  const where =
    isPublic === true ? 'this repository is public' : 'nothing tells whether this repository is public'
  const build = `${where}, and it holds compiled code of private modules (input \`cache-private\`)`
  return {
    patterns: goprivate,
    build,
    notice: `Private modules stay out of the cache, and the build cache is not saved: ${where}, and whoever may open a pull request could read them there. \`cache-private: true\` keeps them all the same.`,
  }
}
