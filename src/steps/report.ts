import type { Facts } from '../facts/facts.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Outputs } from '../inputs/outputs.ts'
import { type MainPlan, namedVersions } from '../plan/main-plan.ts'
import type { State } from '../plan/state.ts'
import { leftOutText, noSumsText, nothingText } from '../report/left-out.ts'
import { introduction, rootText, saveLog } from '../report/log.ts'
import { bundleOutputs, mainOutputs } from '../report/outputs.ts'
import { offlineLines, planLines, variableLines } from '../report/plan-log.ts'
import type { MainReport, SaveReport } from '../report/report.ts'
import { failureSummary, mainSummary, nothingSummary, planSummary, postSummary } from '../report/summary.ts'
import { cacheWarning } from '../report/trouble.ts'
import { tell } from '../system/announce.ts'
import * as runner from '../system/runner.ts'
import type { Prepared } from './prepare.ts'
import type { Sealed } from './seal.ts'

/** Says what was put in place before anything else. */
export function tellPrepared({ inputs, checkout, variables, provided, warnings }: Prepared): void {
  for (const warning of warnings) runner.warning(warning)
  if (provided !== undefined) runner.info(`Go ${provided.version}: ${provided.why}`)
  if (variables.length > 0 && !inputs['dry-run']) {
    tell({ heading: 'Environment for this and later steps', lines: variableLines(variables) })
  }
  for (const remark of checkout.remarks) runner.info(remark)
  for (const one of checkout.leftOut) {
    if (one.isMeant) runner.info(leftOutText(one))
    else runner.notice(leftOutText(one))
  }
}

/** Says what is planned, before it is done. */
export function tellPlan(plan: MainPlan, facts: Facts): void {
  runner.info(introduction(plan, facts.roots))
  for (const { notice } of [plan.policy, plan.withheld]) if (notice !== undefined) runner.notice(notice)
  const unsummed = plan.dependencies.filter(({ lacksSums }) => lacksSums).map(({ root }) => root.label)
  if (unsummed.length > 0) runner.notice(noSumsText(unsummed))
}

/** Says that there is nothing to plan for. */
export async function reportNothing({ inputs, checkout, go, provided, variables }: Prepared): Promise<void> {
  if (inputs['dry-run']) {
    const lines = [
      ...variableLines(variables),
      ...(go === undefined && checkout.roots.length > 0
        ? ['Caches and dependencies: their plan needs a Go, and a dry run installs none']
        : []),
    ]
    runner.group('Dry run: this is the plan, and nothing is done', lines)
    await summarize(inputs.summary, false, () => planSummary(lines))
  }
  const why = checkout.roots.length === 0 ? nothingText(checkout.leftOut, checkout.areExcluded) : ''
  if (why !== '') runner.notice(why)
  if (why !== '' && !inputs['dry-run']) await summarize(inputs.summary, false, () => nothingSummary(why))
  setOutputs({
    'cache-hit': 'false',
    'modules-cache': 'off',
    'build-cache': 'off',
    ...(provided === undefined ? {} : { 'go-version': provided.version }),
  })
}

/** Prints the plan of a dry run. */
export async function reportPlan(
  { inputs, variables, provided, offline }: Prepared,
  { facts, plan }: Planned,
): Promise<void> {
  runner.info(introduction(plan, facts.roots))
  if (plan.policy.notice !== undefined) runner.notice(plan.policy.notice)
  const lines = [
    ...variableLines(variables),
    ...(provided?.bin === ''
      ? [
          'The Go is not installed yet: with it, the parts environment and paths of the build key will be others.',
        ]
      : []),
    ...planLines(plan),
    ...(inputs['bundle-output'] === ''
      ? []
      : [
          `Bundle: write ${inputs['bundle-output']}, scope ${inputs['bundle-scope']} (input \`bundle-output\`)`,
        ]),
    ...offlineLines(offline),
  ]
  runner.group('Dry run: this is the plan, and nothing is done', lines)
  const [modules, build] = [
    { name: 'modules', plan: plan.modules },
    { name: 'build', plan: plan.build },
  ] as const
  setOutputs(mainOutputs(modules, build, [], { version: plan.goVersion, env: facts.go.env }))
  await summarize(inputs.summary, false, () => planSummary([introduction(plan, facts.roots), ...lines]))
}

/** What main was to do. */
export interface Planned {
  readonly facts: Facts
  readonly plan: MainPlan
}

/** Sets the outputs and writes the job summary when main ends. */
export async function reportMain(
  { variables, provided, bundle }: Prepared,
  { facts, plan }: Planned,
  {
    sealed,
    ...done
  }: Pick<MainReport, 'caches' | 'dependencies' | 'bundle' | 'timeline' | 'failures'> & {
    readonly sealed?: Sealed
  },
): Promise<void> {
  const [modules, build] = ['modules', 'build'].map((name) =>
    done.caches.find((cache) => cache.name === name),
  )
  if (modules !== undefined && build !== undefined) {
    const go = { version: plan.goVersion, env: facts.go.env }
    setOutputs(mainOutputs(modules, build, done.dependencies, go))
  }
  if (done.bundle !== undefined) setOutputs(bundleOutputs(done.bundle))
  const vendored =
    plan.dependencies.length > 0 &&
    plan.dependencies.every(({ root, action }) => root.vendored && action !== 'vendor')
  const troubled = cacheWarning(done.caches.map(({ outcome }) => outcome)) !== undefined
  await summarize(facts.inputs.summary, done.failures.length > 0 || troubled, () =>
    mainSummary({
      ...done,
      go: {
        version: plan.goVersion,
        origin: provided?.why ?? originOf(facts, plan, bundle),
        isFetched: plan.toolchain.name !== '',
      },
      roots: facts.roots.map((root) => ({
        label: root.label,
        what: rootText(root),
        isWorkspace: root.goWork !== undefined,
      })),
      variables: [...variables, ...(sealed?.variables ?? [])],
      ...(sealed === undefined ? {} : { offline: sealed.text }),
      saving: plan.policy,
      needed: vendored || !plan.modules.wanted ? [] : namedVersions(facts).needed,
      vendored,
      notices: [plan.policy, plan.withheld].flatMap(({ notice }) => notice ?? []),
    }),
  )
}

/** Tells of the saves, and writes the job summary when post ends. */
export async function reportSaves(saves: readonly SaveReport[], state: State): Promise<void> {
  // Of a cache that is off, main has said why.
  const told = saves.filter(({ name }) => state[name] !== undefined)
  for (const report of told) tell(saveLog(report))
  for (const { outcome } of told) if (outcome.warning !== undefined) runner.warning(outcome.warning)
  const warning = cacheWarning(saves.map((report) => report.outcome))
  if (warning !== undefined && !state.warned) runner.warning(warning)
  else if (warning !== undefined) runner.info(warning)
  const isProblem = warning !== undefined || told.some(({ outcome }) => outcome.warning !== undefined)
  if (told.length > 0) await summarize(state.summary, isProblem, () => postSummary(told))
}

/** Writes into the job summary why the step failed before it could do anything. */
export async function reportFailure(failures: readonly string[], inputs: Inputs | undefined): Promise<void> {
  await summarize(inputs?.summary ?? 'on-problem', true, () => failureSummary(failures))
}

async function summarize(wish: Inputs['summary'], isProblem: boolean, text: () => string): Promise<void> {
  if (wish === 'always' || (wish === 'on-problem' && isProblem)) await runner.appendToSummary(text())
}

function originOf({ go }: Facts, { goVersion }: MainPlan, bundle: Prepared['bundle']): string {
  if (go.env.GOVERSION === goVersion) return 'the go on PATH'
  const isBundled = bundle?.toolchains.some((name) => name.includes(`-${goVersion}.`)) === true
  const from = isBundled ? 'taken from the bundle' : 'fetched'
  return `${from} by the go command (${go.env.GOVERSION}), because a go.mod, go.work or GOTOOLCHAIN asks for it`
}

function setOutputs(outputs: Outputs): void {
  for (const [name, value] of Object.entries(outputs)) runner.setOutput(name, value)
}
