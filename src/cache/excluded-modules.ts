import type { Event } from '../github-context.ts'
import { type Root, sumsOf } from '../gofiles/roots.ts'
import { matchesModulePatterns, mergePatterns } from '../gosettings/module-patterns.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { State } from '../state.ts'

/** What is kept out of the caches, because everybody could read it there. */
export interface ExcludedModules {
  /** Patterns of modules that are not packed, separated by `,`; empty for none. */
  readonly patterns: string
  /** Whether the build cache must not be saved; else it must not if a job fetches a module that the patterns match. */
  readonly build: boolean
  /** Why, for the report. */
  readonly why: string
  /** Said once, where private modules are here. */
  readonly notice?: string
}

/**
 * By this variable a use of this action tells the others of its job, before and after it, which modules it has opened: they
 * share GOMODCACHE and GOCACHE with it. It holds patterns, separated by `,`, and is not set where everything may be kept.
 */
export const privatePatternsVariable = 'GO_DEPS_WITHHELD'

/**
 * What a use with credentials tells the others.
 *
 * @param privateModules as for planWithheld
 * @returns patterns for the variable; empty where there is nothing to tell
 */
export function privatePatternsToShare(
  inputs: Pick<Inputs, 'cache-private' | 'credentials' | 'ssh-private-key'>,
  { isPublic }: Pick<Event, 'isPublic'>,
  privateModules: string,
): string {
  return !opensModules(inputs) || mayCachePrivate(inputs, { isPublic }) ? '' : privateModules || '*'
}

function opensModules(inputs: Pick<Inputs, 'credentials' | 'ssh-private-key'>): boolean {
  return inputs.credentials.credentials.length + inputs['ssh-private-key'].keys.length > 0
}

/** Whether what is private may be kept. */
export function mayCachePrivate(
  inputs: Pick<Inputs, 'cache-private'>,
  { isPublic }: Pick<Event, 'isPublic'>,
): boolean {
  return inputs['cache-private'] || isPublic === false
}

/**
 * What post may keep, once every use of this action in the job has told what it opened.
 *
 * @param told what the variable holds when the job ends
 */
export function excludeForOtherUses(state: State, told: string): State {
  if (told === '' || state.keepsPrivate) return state
  const { modules, build } = state
  const why =
    'another use of this action in this job had `credentials` or `ssh-private-key`, and everybody could read what they opened; `cache-private: true` saves it'
  return {
    ...state,
    ...(modules === undefined
      ? {}
      : { modules: { ...modules, excluded: mergePatterns(modules.excluded, told) } }),
    ...(build === undefined
      ? {}
      : {
          build: {
            ...build,
            excluded: {
              ...build.excluded,
              always: true,
              why: build.excluded.always ? build.excluded.why : why,
              patterns: mergePatterns(build.excluded.patterns, told),
            },
          },
        }),
  }
}

/** Everything may be kept. */
export const nothingExcluded: ExcludedModules = { patterns: '', build: false, why: '' }

/**
 * Decides what of private modules must not get into an entry. In a public repository anybody can open a pull request and
 * read the caches of the default branch (docs.github.com, "Dependency caching reference", "Restrictions for accessing a
 * cache"). Where the event does not tell, as a scheduled one, the repository counts as public.
 *
 * @param privateModules patterns of modules that are not everybody's. Where there are credentials and none of these, any
 *   module may be private
 */
export function planExcludedModules(
  inputs: Pick<Inputs, 'cache-private' | 'credentials' | 'ssh-private-key'>,
  { isPublic }: Pick<Event, 'isPublic'>,
  roots: readonly Root[],
  privateModules: string,
): ExcludedModules {
  if (mayCachePrivate(inputs, { isPublic })) return nothingExcluded
  const hasKeys = inputs['ssh-private-key'].keys.length > 0
  const hasCredentials = opensModules(inputs)
  const patterns = privateModules === '' && hasCredentials ? '*' : privateModules
  const where =
    isPublic === true ? 'this repository is public' : 'nothing tells whether this repository is public'
  const why = `${where}, and it holds compiled code of private modules; \`cache-private: true\` saves it`
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
