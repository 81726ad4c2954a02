import type { CachePlan } from '../plan/caches.ts'
import type { PlannedVariable } from '../plan/environment.ts'
import type { MainPlan } from '../plan/main-plan.ts'
import type { OfflinePlan } from '../plan/offline.ts'
import { keyLines } from './log.ts'
import { titles } from './report.ts'

const doing = {
  nothing: 'nothing',
  check: 'check that vendor agrees with go.mod',
  download: 'download what is still missing after the restore',
  vendor: 'download what is still missing after the restore, and vendor',
}

/** The whole plan with the reason for every line, as `dry-run` prints it. */
export function planLines(plan: MainPlan): readonly string[] {
  const { policy } = plan
  const saving = {
    yes: 'save when the job ends',
    no: 'do not save',
    'if-nothing-found': 'save if nothing is found',
  }
  return [
    `Go: ${plan.goVersion}`,
    `Cache: ${policy.restore ? 'restore' : 'do not restore'}, ${saving[policy.save]} (${policy.why})`,
    ...cacheLines(titles.modules, plan.modules),
    ...cacheLines(titles.build, plan.build),
    ...(plan.toolchain.plan.wanted ? cacheLines(titles.toolchain, plan.toolchain.plan) : []),
    ...plan.dependencies.map(
      ({ root, action, why }) => `Dependencies of ${root.label}: ${doing[action]} (${why})`,
    ),
  ]
}

/** What is planned to keep the job off the network; nothing where nobody asks for it. */
export function offlineLines({ wish, check, fetches, sealed }: OfflinePlan): readonly string[] {
  const first = fetches ? 'fetch what is missing, prove' : 'fetch nothing, prove'
  return [
    ...(wish === 'false'
      ? []
      : [
          `Offline: ${first} that builds and tests lack nothing, and close the network for later steps (input \`offline\` is ${wish})`,
          ...variableLines(sealed).map((line) => `  ${line}`),
        ]),
    ...(check.length === 0 ? [] : [`Offline check: build ${check.join(' ')} without a network`]),
  ]
}

/** The variables that are set, without secrets, one a line. */
export function variableLines(variables: readonly PlannedVariable[]): readonly string[] {
  return variables.map(({ name, shown, why }) => `${name}=${shown}  (${why})`)
}

function cacheLines(title: string, plan: CachePlan): readonly string[] {
  if (!plan.wanted) return [`${title}: off (${plan.why})`]
  const fallbacks = plan.key.fallbacks.map((prefix) => `    or the newest with ${prefix}`)
  return [`${title}: on (${plan.why})`, ...keyLines(plan.key).map((line) => `  ${line}`), ...fallbacks]
}
