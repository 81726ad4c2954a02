import type { Problem } from '../errors.ts'
import type { CacheReport } from './outcomes.ts'

/** The caches that input `fail-on-cache-miss` can require, and the jobs that save a suitable entry. */
const required = {
  modules: { title: 'module cache', jobs: 'a job of this repository with the same `cache-key`' },
  build: {
    title: 'build cache',
    jobs: 'a job with the same `cache-key`, system, architecture, Go version and environment',
  },
} as const

/**
 * Returns the problem of each required cache for which no entry was found, not even by a fallback. A cache that is off
 * requires none.
 *
 * @param requested the input `fail-on-cache-miss`
 * @param reports what the caches found
 */
export function missProblems(
  requested: 'false' | 'true' | 'modules' | 'build',
  reports: readonly (CacheReport | undefined)[],
): readonly Problem[] {
  const names = requested === 'true' ? (['modules', 'build'] as const) : [requested]
  return names.flatMap((name) => {
    const report = name === 'false' ? undefined : reports.find((one) => one?.name === name)
    return name === 'false' || report === undefined ? [] : missProblem(requested, name, report)
  })
}

function missProblem(
  requested: string,
  name: keyof typeof required,
  { plan, outcome, skipped }: CacheReport,
): readonly Problem[] {
  if (!plan.wanted || (outcome !== undefined && outcome.found !== 'miss')) return []
  const { title, jobs } = required[name]
  const input = `Input \`fail-on-cache-miss\` is "${requested}"`
  if (skipped !== undefined) {
    return [
      {
        what: `${input}, but the ${title} is not restored: ${skipped}`,
        allowed: '',
        fix: 'Restore it, for example with `cache-mode: read`, or remove the input.',
      },
    ]
  }
  const error = outcome?.error ?? ''
  if (error !== '') {
    return [
      {
        what: `${input}, and no entry of the ${title} was restored: ${error}`,
        allowed: '',
        fix: 'Correct this, or rerun the job if it was an outage. To continue without an entry, remove the input.',
      },
    ]
  }
  return [
    {
      what: `${input}, and there is no entry of the ${title} for key ${plan.key.full}`,
      allowed: '',
      fix: `First run ${jobs} that saves one, with \`org/go-deps-action\` or \`org/go-deps-action/save\`. Or remove the input.`,
    },
  ]
}
