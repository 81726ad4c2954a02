import type { Event } from '../facts/event.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { type Root, sumsOf } from '../modules/roots.ts'
import { matchesModulePatterns } from '../modules/settings/match-patterns.ts'

/** What is kept out of the caches, because everybody could read it there. */
export interface Withheld {
  /** Patterns of modules that are not packed, separated by `,`; empty for none. */
  readonly patterns: string
  /** Whether the build cache must not be saved; else it must not if a job fetches a module that the patterns match. */
  readonly build: boolean
  /** Why, for the report. */
  readonly why: string
  /** Said once, where private modules are here. */
  readonly notice?: string
}

/** Everything may be kept. */
export const nothingWithheld: Withheld = { patterns: '', build: false, why: '' }

/**
 * Decides what of private modules must not get into an entry. In a public repository anybody can open a pull request and
 * read the caches of the default branch (docs.github.com, "Dependency caching reference", "Restrictions for accessing a
 * cache"). Where the event does not tell, as a scheduled one, the repository counts as public.
 *
 * @param privateModules patterns of modules that are not everybody's. Where there are credentials and none of these, any
 *   module may be private
 */
export function planWithheld(
  inputs: Pick<Inputs, 'cache-private' | 'credentials' | 'ssh-private-key'>,
  { isPublic }: Pick<Event, 'isPublic'>,
  roots: readonly Root[],
  privateModules: string,
): Withheld {
  if (inputs['cache-private'] || isPublic === false) return nothingWithheld
  const hasKeys = inputs['ssh-private-key'].keys.length > 0
  const hasCredentials = hasKeys || inputs.credentials.credentials.length > 0
  const patterns = privateModules === '' && hasCredentials ? '*' : privateModules
  const where =
    isPublic === true ? 'this repository is public' : 'nothing tells whether this repository is public'
  const why = `${where}, and it holds compiled code of private modules (input \`cache-private\`)`
  const modules = roots.flatMap(sumsOf).flatMap(({ trees, goMods }) => [...trees, ...goMods])
  const isHere = modules.some(({ path }) => matchesModulePatterns(patterns, path))
  if (!isHere && !hasCredentials) return { patterns, why, build: false }
  const which =
    patterns === '*'
      ? `Modules stay out of the cache, because \`${hasKeys ? 'ssh-private-key' : 'credentials'}\` may open any of them`
      : 'Private modules stay out of the cache'
  return {
    patterns,
    why,
    build: true,
    notice: `${which}, and the build cache is not saved: ${where}, and whoever may open a pull request could read them there. \`cache-private: true\` keeps them all the same${patterns === '*' ? ', and `goprivate` names those that are private' : ''}.`,
  }
}
