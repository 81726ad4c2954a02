import type { JobStatus, State } from '../state.ts'
import type { CacheName, SaveOutcome } from './outcomes.ts'

/** A condition under which a cache is not saved. */
interface SaveRule {
  readonly id: string
  /** The caches that it applies to. */
  readonly caches: readonly CacheName[]
  /** The condition, for docs/caching.md. */
  readonly when: string
  /** The reason in log and summary; `{name}` stands for a value. */
  readonly text: string
  /** Decides the condition when post begins; absent if it depends on the content of the cache or on the store. */
  readonly holds?: (state: State, status: JobStatus, cache: CacheName) => boolean
  /** Whether the existing entry serves as well, so that nothing is missing. */
  readonly isUpToDate?: true
}

const all = ['modules', 'build', 'toolchain'] as const

/** Returns a row of the table. */
function rule<Id extends string>(
  id: Id,
  caches: readonly CacheName[],
  when: string,
  text: string,
  more: Pick<SaveRule, 'holds' | 'isUpToDate'> = {},
): SaveRule & { readonly id: Id } {
  return { id, caches, when, text, ...more }
}

/**
 * Every condition under which a cache is not saved, in the order in which they count. The log, the summary and
 * docs/caching.md take their texts from here.
 */
export const saveRules = [
  rule('saved-before', all, 'A step with `save` has saved it', 'a step with `save` has saved it', {
    holds: ({ saved }, _, cache) => saved?.includes(cache) === true,
    isUpToDate: true,
  }),
  rule('restores-only', all, 'The step uses `restore`', 'this step only restores', {
    holds: ({ restoresOnly }) => restoresOnly === true,
  }),
  rule('policy', all, 'This run may not save', '{policy}', { holds: ({ save }) => save === 'no' }),
  rule('cancelled', all, 'The job was cancelled', 'the job was cancelled', {
    holds: (_, status) => status === 'cancelled',
  }),
  rule('entry-found', all, 'This run saves only if it finds no entry, but it found one', '{policy}', {
    holds: ({ save, modules, build }) =>
      save === 'if-nothing-found' &&
      [modules, build].some((cache) => cache !== undefined && cache.found !== 'miss'),
  }),
  rule('modules-off', ['modules'], 'The module cache is off', 'the module cache is off', {
    holds: ({ modules }) => modules === undefined,
  }),
  rule('build-off', ['build'], 'The build cache is off', 'the build cache is off', {
    holds: ({ build }) => build === undefined,
  }),
  rule('no-toolchain', ['toolchain'], 'The installed Go builds the modules', 'the installed Go is used', {
    holds: ({ toolchain }) => toolchain === undefined,
  }),
  rule(
    'no-answer',
    all,
    'The cache service gave no answer to the restore',
    'the cache did not answer at the start of the job',
    { holds: (state, _, cache) => state[cache]?.unreachable === true },
  ),
  rule(
    'private-code',
    ['build'],
    'The entry would hold code of private modules, and everyone who can read the cache could read it',
    '{reason}',
    { holds: ({ build }) => build?.excluded.always === true },
  ),
  rule('job-failed', ['build'], 'The job failed, unless `cache-save-on-failure` is true', 'the job failed', {
    holds: ({ saveBuildOnFailure }, status) => status === 'failure' && !saveBuildOnFailure,
  }),
  rule(
    'job-result-unknown',
    ['build'],
    'The result of the job is unknown',
    'the result of the job is unknown',
    { holds: (_, status) => status !== 'success' && status !== 'failure' },
  ),
  rule(
    'list-lost',
    ['modules'],
    'A step cleared RUNNER_TEMP',
    'a step removed the list of modules in RUNNER_TEMP',
  ),
  rule('no-modules', ['modules'], 'The module cache holds no module', 'there are no modules to save'),
  rule(
    'earlier-use',
    ['modules'],
    'An earlier use of this action in the job saves the same modules',
    'an earlier use of this action in the job saves the same modules',
    { isUpToDate: true },
  ),
  rule(
    'other-use',
    ['build'],
    'Another use of this action in the job has saved it',
    'another use of this action in the job has saved it',
    { isUpToDate: true },
  ),
  rule(
    'other-repository',
    ['build'],
    'A job of another repository used the same directory',
    'a job of {repositories} used the same build cache at the same time',
  ),
  rule(
    'newest-unknown',
    ['modules', 'build'],
    'The job failed, and the content of the newest entry is unknown',
    'the job failed, and the content of the newest entry is unknown',
  ),
  rule(
    'step-failed',
    ['modules'],
    'This step failed before all modules were there, and an entry was found',
    'this step failed, so modules may be missing',
  ),
  rule(
    'missing-modules',
    ['modules'],
    'The job failed, and modules that builds need are missing',
    'the job failed, and {missing} of {needed} required modules are missing',
  ),
  rule(
    'fewer-modules',
    ['modules'],
    'The job failed, and its entry would hold fewer modules',
    'the job failed, and its entry would hold fewer modules than the previous one ({now}, not {before})',
  ),
  rule(
    'lost-objects',
    ['build'],
    'The job failed, and objects of the previous entry are gone',
    'the job failed, and {count} objects of the previous entry are gone',
  ),
  rule(
    'failed-at-limit',
    ['build'],
    'The job failed, and the previous entry fills `cache-max-size`',
    'the job failed, and the previous entry fills `cache-max-size`',
  ),
  rule('nothing-built', ['build'], 'The job built nothing', 'nothing was built'),
  rule(
    'little-used',
    ['build'],
    'The job used under half of an entry that is younger than a week',
    'this run used under half of the entry, so the entry stays',
  ),
  rule('nothing-new', ['modules', 'build'], 'Nothing is new', '', { isUpToDate: true }),
  rule(
    'little-new',
    ['modules', 'build'],
    'Under 5 % of the entry is new, and no build needs a new module',
    'under 5 % of the entry is new',
    { isUpToDate: true },
  ),
  rule('little-new-data', ['build'], 'The source is the same, and under 32 kB is new', 'under 32 kB is new', {
    isUpToDate: true,
  }),
  rule(
    'at-limit',
    ['modules', 'build'],
    'The previous entry holds as much as `cache-max-size` allows',
    '`cache-max-size` ({most}) omits {omitted}',
    { isUpToDate: true },
  ),
  rule(
    'nothing-fits',
    all,
    'Nothing fits into `cache-max-size`',
    '`cache-max-size` ({most}) omits {omitted}',
  ),
  rule(
    'toolchain-restored',
    ['toolchain'],
    'The toolchain was restored',
    'the restored toolchain is unchanged',
    { isUpToDate: true },
  ),
  rule(
    'toolchain-not-fetched',
    ['toolchain'],
    'The go command fetched no toolchain',
    'the go command fetched no toolchain',
  ),
  rule('no-service', all, 'The runner has no cache service', '{reason}'),
  rule('lookup-failed', all, 'The cache service does not answer the lookup', 'the cache did not answer'),
  rule('exists', all, 'An entry with this key exists', 'an entry with this key already exists', {
    isUpToDate: true,
  }),
  rule(
    'read-only',
    all,
    'The service has already denied an earlier save of this run',
    'this run may only read the cache, so nothing was packed',
  ),
  rule('nothing-packable', all, 'No file can be packed', 'no file can be packed'),
  rule(
    'too-large',
    all,
    'The packed entry exceeds `cache-max-size`',
    'its stored size would be {stored}, and `cache-max-size` allows {most}',
  ),
  rule('faster-job', all, 'Another job saves the same entry', 'another job saved the same entry first'),
  rule(
    'denied',
    all,
    'The service denies this save',
    'this run may only read the cache: the service says "{message}"',
  ),
  rule('no-tar', all, 'tar, gzip or zstd is missing', 'tar could not wrap the entry'),
  rule(
    'not-accepted',
    all,
    'The service does not store it',
    'the cache service did not store it; another job may have saved it first',
  ),
  rule('service-failed', all, 'The cache service fails', 'the cache failed'),
  rule('pack-failed', all, 'The entry cannot be packed', 'the entry could not be created'),
  rule('error', all, 'Something else goes wrong', 'something went wrong'),
] as const

/** The names of the conditions. */
export type SaveRuleId = (typeof saveRules)[number]['id']

/** A condition that holds, with the values of its text. */
export interface SaveRefusal {
  readonly rule: SaveRuleId
  readonly values?: Readonly<Record<string, string | number>>
}

/** Returns the reason of a refusal, for log and summary. */
export function refusalText({ rule, values = {} }: SaveRefusal): string {
  const { text } = ruleOf(rule)
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

function ruleOf(id: SaveRuleId): SaveRule {
  const found = saveRules.find((one) => one.id === id)
  if (found === undefined) throw new Error(`there is no rule ${id}`)
  return found
}

/**
 * Returns the outcome of a save that did not happen.
 *
 * @param error error of the cache; empty when there was none
 */
export function refuse(refusal: SaveRefusal, error = ''): SaveOutcome {
  const isUpToDate = ruleOf(refusal.rule).isUpToDate === true
  return {
    ...{ saved: false, exists: false, why: refusalText(refusal), rule: refusal.rule },
    ...{ key: '', files: 0, bytes: 0, seconds: 0, error },
    ...(isUpToDate ? { upToDate: true } : {}),
  }
}

/** Decision whether to save an entry, and its reason. */
export type SaveDecision =
  | { readonly save: true; readonly why: string }
  | { readonly save: false; readonly why: string; readonly refusal: SaveRefusal }

/** Save decisions for post. */
export interface SavePlan {
  readonly modules: SaveDecision
  readonly build: SaveDecision
  readonly toolchain: SaveDecision
  /** Whether the job ran completely, so that objects it did not use may be obsolete. */
  readonly isWholeJob: boolean
}

/**
 * Decides what to save at the end of the job, from the state and the result of the job.
 *
 * A failed job may have all its modules: cache/gomodcache/save-threshold.ts decides by the content of the module cache.
 * Build objects of a failed job are incomplete. A cancelled job has little time, and saves nothing.
 */
export function planSave(state: State, status: JobStatus): SavePlan {
  const decide = (cache: CacheName): SaveDecision => {
    const holding = saveRules.find(
      (one) => one.caches.includes(cache) && one.holds?.(state, status, cache) === true,
    )
    if (holding === undefined) return { save: true, why: state.why }
    const values = { policy: state.why, reason: state.build?.excluded.why ?? '' }
    const refusal = { rule: holding.id, values }
    return { save: false, why: refusalText(refusal), refusal }
  }
  return {
    modules: decide('modules'),
    build: decide('build'),
    toolchain: decide('toolchain'),
    isWholeJob: status === 'success' && state.failed !== true,
  }
}

/** Returns the table of docs/caching.md: each condition, its caches, and its log text. */
export function saveRulesTable(): string {
  const rows = saveRules.map(({ caches, when, text }) => {
    const names = caches.length === all.length ? 'all' : caches.join(', ')
    const shown = text.replace(/\{\w+\}/g, '…').replaceAll('`', '')
    return `| ${when} | ${names} | ${/\w/.test(shown) ? `\`${shown}\`` : text === '' ? '`nothing new to save`' : 'its reason'} |`
  })
  return ['| if | caches | log |', '|---|---|---|', ...rows].join('\n')
}
