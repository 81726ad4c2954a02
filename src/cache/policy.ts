import type { Event } from '../github-context.ts'
import type { Inputs } from '../inputs/index.ts'

/**
 * Reports whether a branch name matches a glob. `*` and `?` stay within one segment, `**` does not.
 *
 * @param pattern the glob, as in the branch filters of a workflow
 * @param name the branch, without `refs/heads/`
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const source = pattern
    .split(/(\*\*|\*|\?)/)
    .map((piece) => {
      if (piece === '**') return '.*'
      if (piece === '*') return '[^/]*'
      if (piece === '?') return '[^/]'
      return piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    })
    .join('')
  return new RegExp(`^${source}$`, 'u').test(name)
}

/** Permissions of this run for the cache, and the rule that decides them. */
export interface CachePolicy {
  readonly restore: boolean
  /** `if-nothing-found`: only when no cache found an entry, not even by fallback. */
  readonly save: 'yes' | 'no' | 'if-nothing-found'
  /** The rule, as a sentence part for the log. */
  readonly why: string
  /** Message, shown once, when the rule denies something that the user may expect. */
  readonly notice?: string
}

/** Reports whether this step is the sub-action `restore`, which saves nothing by itself. */
export function isRestoreAction(inputs: Pick<Inputs, 'sub-action'>): boolean {
  return inputs['sub-action'] === 'restore'
}

/** Events that run code from a branch of the repository itself. */
const trusted = ['push', 'schedule', 'workflow_dispatch', 'repository_dispatch']

/** Advice for a run that does not save by default. */
const toSave = 'set `cache-mode: write` to save anyway'

/** Events that publish, or that run untrusted content with the rights of the default branch. */
const uncached = ['release', 'pull_request_target', 'workflow_run']

/**
 * Decides what this run may do with the cache.
 *
 * @param inputs the inputs `cache`, `cache-mode` and `cache-save-branches`
 * @param event what started the run
 * @param serviceMode value of ACTIONS_CACHE_MODE, the limit of the cache service; unknown values allow everything, as
 *   in @actions/cache (config.ts)
 * @param tokenMaySave whether the token of this run allows saving, as far as is known
 */
export function planPolicy(
  inputs: Pick<Inputs, 'cache' | 'cache-mode' | 'cache-save-branches'>,
  event: Event,
  serviceMode: string,
  tokenMaySave = true,
): CachePolicy {
  if (!inputs.cache) return { restore: false, save: 'no', why: 'input `cache` is false' }
  const wanted = inputs['cache-mode'] === 'auto' ? byEvent(inputs, event) : byMode(inputs['cache-mode'])
  const allowed = limited(wanted, serviceMode)
  if (tokenMaySave || allowed.save === 'no') return allowed
  return { ...allowed, save: 'no', why: `${allowed.why}; the token of this run may only read the cache` }
}

function byMode(mode: 'write' | 'read' | 'write-only' | 'none'): CachePolicy {
  return {
    restore: mode === 'write' || mode === 'read',
    save: mode === 'write' || mode === 'write-only' ? 'yes' : 'no',
    why: `input \`cache-mode\` is ${mode}`,
  }
}

function byEvent(inputs: Pick<Inputs, 'cache-save-branches'>, event: Event): CachePolicy {
  const isTag = event.ref.startsWith('refs/tags/')
  if (uncached.includes(event.name) || (isTag && event.name === 'push')) {
    const trigger = isTag && event.name === 'push' ? 'a pushed tag' : `event ${event.name}`
    return {
      restore: false,
      save: 'no',
      why: `${trigger} uses no cache; set \`cache-mode: read\` to restore, or \`cache-mode: write\` to save as well`,
      notice: `No cache is used for ${trigger}: build objects from a cache cannot be verified. To restore them anyway, set \`cache-mode: read\`.`,
    }
  }
  if (isTag) return { restore: true, save: 'no', why: `runs on a tag only restore; ${toSave}` }
  if (event.fork) return { restore: true, save: 'no', why: `runs for a fork only restore; ${toSave}` }
  if (event.name === 'merge_group')
    return { restore: true, save: 'no', why: `merge queues only restore; ${toSave}` }
  if (event.name === 'pull_request') {
    const why = `pull requests save only if no entry was found; ${toSave}`
    return { restore: true, save: 'if-nothing-found', why }
  }
  if (!trusted.includes(event.name)) {
    return { restore: true, save: 'no', why: `event ${event.name} only restores; ${toSave}` }
  }
  return byBranch(inputs['cache-save-branches'], event)
}

/**
 * Reports whether a run executes code that everyone who restores trusts: that of a branch which saves by default, in no
 * fork and no pull request. Other runs may have been changed by anyone who can open a pull request or push a branch.
 */
export function isTrustedRun(inputs: Pick<Inputs, 'cache-save-branches'>, event: Event): boolean {
  if (event.fork || event.ref.startsWith('refs/tags/') || !trusted.includes(event.name)) return false
  return byBranch(inputs['cache-save-branches'], event).save === 'yes'
}

/** Reports whether an event runs code from a branch of the repository itself. */
export function isOwnCode(event: Event): boolean {
  return trusted.includes(event.name) && !event.fork
}

function byBranch(saveBranches: readonly string[], event: Event): CachePolicy {
  const branch = event.ref.replace(/^refs\/heads\//, '')
  if (saveBranches.length > 0) {
    const pattern = saveBranches.find((candidate) => matchesGlob(candidate, branch))
    if (pattern !== undefined) {
      return {
        restore: true,
        save: 'yes',
        why: `branch ${branch} is in \`cache-save-branches\` (${pattern})`,
      }
    }
    return {
      restore: true,
      save: 'if-nothing-found',
      why: `branch ${branch} is not in \`cache-save-branches\`, so it saves only if no entry was found; to save, add it there`,
    }
  }
  if (event.defaultBranch === undefined) {
    return {
      restore: true,
      save: 'if-nothing-found',
      why: 'the event does not name the default branch, so this run saves only if no entry was found; to save, list branches in `cache-save-branches`',
    }
  }
  if (branch === event.defaultBranch) {
    return { restore: true, save: 'yes', why: `${event.name} on the default branch ${branch}` }
  }
  return {
    restore: true,
    save: 'if-nothing-found',
    why: `branch ${branch} is not the default branch, so it saves only if no entry was found; to save, list it in \`cache-save-branches\``,
  }
}

function limited(policy: CachePolicy, serviceMode: string): CachePolicy {
  const mayRestore = !['none', 'write-only'].includes(serviceMode)
  const maySave = !['none', 'read'].includes(serviceMode)
  const restore = policy.restore && mayRestore
  const save = maySave ? policy.save : 'no'
  if (restore === policy.restore && save === policy.save) return policy
  return { ...policy, restore, save, why: `${policy.why}; ACTIONS_CACHE_MODE allows only ${serviceMode}` }
}
