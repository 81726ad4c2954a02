import { isRestoreAction, namedVersions, s3TargetText } from '../cache/index.ts'
import type { Job, Outcome } from '../job.ts'
import type { Span } from '../platform/clock.ts'
import { type MainReport, rootText } from '../report/index.ts'

/**
 * Returns the data of the summary of main, from the job and its outcome.
 *
 * @param spans the operations and their durations
 */
export function mainReport(job: Job, outcome: Outcome, spans: readonly Span[]): MainReport {
  const { plan, roots, provided, changes } = job
  const { modules, build, toolchain, offline, bundle, dependencies, failures } = outcome
  const vendored =
    plan.dependencies.length > 0 &&
    plan.dependencies.every(({ root, action }) => root.vendored && action !== 'vendor')
  return {
    go: {
      version: plan.goVersion,
      origin: provided?.why ?? originOf(job),
      isFetched: plan.toolchain.name !== '',
    },
    roots: roots.map((root) => ({
      label: root.label,
      what: rootText(root),
      isWorkspace: root.goWork !== undefined,
    })),
    variables: [...changes, ...(offline?.variables ?? [])],
    ...(offline === undefined ? {} : { offline: offline.text }),
    ...(typeof plan.store === 'object' ? { store: s3TargetText(plan.store) } : {}),
    caches: [modules, build, toolchain].filter((cache) => cache !== undefined),
    needed: vendored || !plan.modules.wanted ? [] : namedVersions(job).needed,
    vendored,
    ...{ dependencies, timeline: spans, failures },
    ...(bundle === undefined ? {} : { bundle }),
    saving: { ...plan.policy, ...(isRestoreAction(job.inputs) ? { needsStep: true } : {}) },
    notices: [plan.policy, plan.excluded].flatMap(({ notice }) => notice ?? []),
  }
}

function originOf({ go, plan, bundle }: Job): string {
  const { GOVERSION } = go.env
  if (GOVERSION === plan.goVersion) return 'the go on PATH'
  const isBundled = bundle?.toolchains.some((name) => name.includes(`-${plan.goVersion}.`)) === true
  const source = isBundled ? 'taken from the bundle' : 'fetched'
  return `${source} by the go command (${GOVERSION}), because a go.mod, go.work or GOTOOLCHAIN requires it`
}
