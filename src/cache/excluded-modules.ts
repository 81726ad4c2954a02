import type { Event } from '../github-context.ts'
import { type Root, sumsOf } from '../gofiles/roots.ts'
import { matchesModulePatterns, mergePatterns } from '../gosettings/module-patterns.ts'
import type { Inputs } from '../inputs/index.ts'
import type { State } from '../state.ts'

/** Content that is excluded from the caches, because everyone who can read the cache could read it. */
export interface ExcludedModules {
  /** Patterns of modules that are not packed, separated by `,`; empty for none. */
  readonly patterns: string
  /**
   * Whether the build cache is never saved. Otherwise it is not saved when a job fetches a module that a pattern
   * matches.
   */
  readonly build: boolean
  /** Reason, for the report. */
  readonly why: string
  /** Message, shown once, when private modules are in use. */
  readonly notice?: string
}

/**
 * Name of the variable by which a use of this action shares its private module patterns with the other uses in its job.
 * All uses share GOMODCACHE and GOCACHE. The value holds patterns, separated by `,`. The variable is unset when nothing
 * is excluded.
 */
export const privatePatternsVariable = 'GO_DEPS_PRIVATE_MODULES'

/**
 * Returns the patterns that a use with credentials shares with the other uses in its job.
 *
 * @param privateModules patterns of private modules, as in planExcludedModules
 * @returns patterns for the variable; empty when there is nothing to share
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

/** Reports whether private modules may be cached. */
export function mayCachePrivate(
  inputs: Pick<Inputs, 'cache-private'>,
  { isPublic }: Pick<Event, 'isPublic'>,
): boolean {
  return inputs['cache-private'] || isPublic === false
}

/**
 * Adds the exclusions that other uses of this action in the job have shared, so that post applies them.
 *
 * @param shared value of the variable when the job ends
 */
export function excludeForOtherUses(state: State, shared: string): State {
  if (shared === '' || state.keepsPrivate) return state
  const { modules, build } = state
  const why =
    'another use of this action in this job has `credentials` or `ssh-private-key`, and everyone who can read the cache could read their private modules; to save it anyway, set `cache-private: true`'
  return {
    ...state,
    ...(modules === undefined
      ? {}
      : { modules: { ...modules, excluded: mergePatterns(modules.excluded, shared) } }),
    ...(build === undefined
      ? {}
      : {
          build: {
            ...build,
            excluded: {
              ...build.excluded,
              always: true,
              why: build.excluded.always ? build.excluded.why : why,
              patterns: mergePatterns(build.excluded.patterns, shared),
            },
          },
        }),
  }
}

/** Exclusion of nothing: everything may be cached. */
export const nothingExcluded: ExcludedModules = { patterns: '', build: false, why: '' }

/**
 * Decides which private modules an entry must not hold. In a public repository anyone can open a pull request and read
 * the caches of the default branch (docs.github.com, "Dependency caching reference", "Restrictions for accessing a
 * cache"). When the event does not include the visibility, as with `schedule`, the repository counts as public.
 *
 * @param privateModules patterns of private modules. With credentials but no patterns, any module may be private
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
  const visibility =
    isPublic === true ? 'this repository is public' : 'the visibility of this repository is unknown'
  const why = `${visibility}, and it holds compiled code of private modules; to save it anyway, set \`cache-private: true\``
  const modules = roots.flatMap(sumsOf).flatMap(({ trees, goMods }) => [...trees, ...goMods])
  const isRequired = modules.some(({ path }) => matchesModulePatterns(patterns, path))
  if (!isRequired && !hasCredentials) return { patterns, why, build: false }
  const which =
    patterns === '*'
      ? `Modules are not cached, because \`${hasKeys ? 'ssh-private-key' : 'credentials'}\` may open any of them`
      : 'Private modules are not cached'
  return {
    patterns,
    why,
    build: true,
    notice: `${which}, and the build cache is not saved: ${visibility}, and everyone who can open a pull request could read them there. To cache them anyway, set \`cache-private: true\`.${patterns === '*' ? ' To exclude only some modules, list them in `goprivate`.' : ''}`,
  }
}
