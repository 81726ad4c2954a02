import type { JobStatus, State } from './state.ts'

/** Whether an entry is saved, and the reason for it. */
export interface SaveDecision {
  readonly save: boolean
  readonly why: string
}

/** What post is to do. */
export interface SavePlan {
  readonly modules: SaveDecision
  /** `whole`: whether the job did all that it does, so that what it did not use may be of no use. */
  readonly build: SaveDecision & { readonly whole: boolean }
  readonly toolchain: SaveDecision
}

/**
 * Decides what is saved at the end of the job.
 *
 * A failed job may have all its modules: cache/modules/cache.ts decides by what is there. Build objects of a failed job
 * are incomplete. A cancelled job has little time, and saves nothing.
 */
export function planSave(state: State, status: JobStatus): SavePlan {
  const common = forBoth(state, status)
  return {
    modules: common ?? forModules(state),
    build: { ...(common ?? forBuild(state, status)), whole: status === 'success' && state.failed !== true },
    toolchain: common ?? forToolchain(state),
  }
}

const noAnswer = 'the cache gave no answer when the job began'

function forBoth(state: State, status: JobStatus): SaveDecision | undefined {
  if (state.save === 'no') return no(state.why)
  if (status === 'cancelled') return no('the job was cancelled')
  if (state.save === 'if-nothing-found') {
    const others = [state.modules?.found, state.build?.found].filter((found) => found !== undefined)
    if (others.some((found) => found !== 'miss')) return no(state.why)
  }
  return undefined
}

function forModules({ modules, why }: State): SaveDecision {
  if (modules === undefined) return no('the module cache is off here')
  if (modules.unreachable) return no(noAnswer)
  return yes(why)
}

function forToolchain({ toolchain, why }: State): SaveDecision {
  if (toolchain === undefined) return no('no other Go is fetched here')
  if (toolchain.unreachable) return no(noAnswer)
  return yes(why)
}

function forBuild({ build, why, saveBuildOnFailure }: State, status: JobStatus): SaveDecision {
  if (build === undefined) return no('the build cache is off here')
  if (build.unreachable) return no(noAnswer)
  if (build.withheld.always) return no(build.withheld.why)
  if (status !== 'success' && !(status === 'failure' && saveBuildOnFailure)) {
    return no(status === 'failure' ? 'the job failed' : 'the result of the job is not known')
  }
  return yes(why)
}

function yes(why: string): SaveDecision {
  return { save: true, why }
}

function no(why: string): SaveDecision {
  return { save: false, why }
}
