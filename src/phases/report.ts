import { backendName, type CacheReport, cacheWarning, type SaveReport, s3TargetText } from '../cache/index.ts'
import { hasCode, type Problem, problemText, UserError } from '../errors.ts'
import { GoCommandError, variableLines } from '../gocmd/index.ts'
import type { Inputs, Outputs, SaveOutputs } from '../inputs/index.ts'
import type { Job, Outcome, PreparedJob } from '../job.ts'
import type { Span } from '../platform/clock.ts'
import * as runner from '../platform/runner.ts'
import { logGroup } from '../platform/runner.ts'
import {
  bundleOutputs,
  failureSummary,
  introduction,
  lookupSummary,
  mainOutputs,
  mainSummary,
  noModulesText,
  noSumsText,
  nothingSummary,
  offlineLines,
  planLines,
  planSummary,
  postSummary,
  saveLog,
  skippedText,
} from '../report/index.ts'
import type { State } from '../state.ts'
import { mainReport } from './main-report.ts'

/** Logs the warnings and the set-up of the job. */
export function logSetup({ inputs, checkout, changes, provided, warnings }: PreparedJob): void {
  for (const warning of warnings) runner.warning(warning)
  if (provided !== undefined) runner.info(`Go ${provided.version}: ${provided.why}`)
  if (changes.length > 0 && !inputs['dry-run']) {
    logGroup({ heading: 'Environment for this and later steps', lines: variableLines(changes) })
  }
  for (const remark of checkout.notes) runner.info(remark)
  for (const one of checkout.skipped) {
    if (one.isIntended) runner.info(skippedText(one))
    else runner.notice(skippedText(one))
  }
}

/** Logs the plan before its execution. */
export function logPlan({ plan, roots }: Job): void {
  runner.info(introduction(plan, roots))
  for (const { notice } of [plan.policy, plan.excluded]) if (notice !== undefined) runner.notice(notice)
  const unsummed = plan.dependencies.filter(({ lacksSums }) => lacksSums).map(({ root }) => root.label)
  if (unsummed.length > 0) runner.notice(noSumsText(unsummed))
}

/**
 * Logs which bucket holds the entries, and warns before the restore if this run cannot use it.
 *
 * @param unavailable why the store cannot be used; undefined when it can
 * @returns whether the reason was reported
 */
export function reportStore({ plan, event }: Job, unavailable: string | undefined): boolean {
  if (typeof plan.store !== 'object') return false
  runner.info(`Cache store: ${s3TargetText(plan.store)}`)
  if (unavailable === undefined) return false
  const text = `The S3 cache cannot be used, and the job continues without it: ${unavailable}`
  // Runs for forks get neither secrets nor an OIDC token.
  if (event.fork) runner.notice(text)
  else runner.warning(text)
  return true
}

/** Reports that there is nothing to plan. */
export async function reportNothing({ inputs, checkout, go, provided, changes }: PreparedJob): Promise<void> {
  if (inputs['dry-run']) {
    const lines = [
      ...variableLines(changes),
      ...(go === undefined && checkout.roots.length > 0
        ? ['Caches and dependencies: no plan, because it needs a Go and a dry run installs none']
        : []),
    ]
    runner.group('Dry run: this is the plan, and nothing is done', lines)
    await summarize(inputs.summary, false, () => planSummary(lines))
  }
  const why = checkout.roots.length === 0 ? noModulesText(checkout.skipped, checkout.areExcluded) : ''
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
export async function reportPlan(job: Job): Promise<void> {
  const { inputs, changes, provided, offline, plan, roots, go } = job
  runner.info(introduction(plan, roots))
  if (plan.policy.notice !== undefined) runner.notice(plan.policy.notice)
  const lines = [
    ...variableLines(changes),
    ...(provided?.bin === ''
      ? ['Go is not installed yet: once it is, the parts environment and paths of the build key will differ.']
      : []),
    ...(inputs['lookup-only']
      ? ['Input `lookup-only` is true: the entries below are only looked up, and nothing else is done.']
      : []),
    ...planLines(plan, inputs),
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
  const main = mainOutputs(modules, build, [], { version: plan.goVersion, env: go.env })
  setOutputs({ ...main, ...backendOutput(job) })
  await summarize(inputs.summary, false, () => planSummary([introduction(plan, roots), ...lines]))
}

function backendOutput({ plan, env }: Job): Pick<Outputs, 'cache-backend'> {
  return { 'cache-backend': backendName(env.variables, plan.store) }
}

/**
 * Sets the outputs and writes the job summary when main ends.
 *
 * @param spans the operations and their durations
 */
export async function reportMain(job: Job, outcome: Outcome, spans: readonly Span[]): Promise<void> {
  const { modules, build, dependencies, bundle, failures } = outcome
  if (modules !== undefined && build !== undefined) {
    const go = { version: job.plan.goVersion, env: job.go.env }
    setOutputs({ ...mainOutputs(modules, build, dependencies, go), ...backendOutput(job) })
  }
  if (bundle !== undefined) setOutputs(bundleOutputs(bundle))
  await summarize(job.inputs.summary, failures.length > 0 || outcome.hasWarned, () =>
    mainSummary(mainReport(job, outcome, spans)),
  )
}

/**
 * Sets the outputs and writes the job summary of `lookup-only`.
 *
 * @param isReported whether a warning about the store was shown before
 */
export async function reportLookup(
  job: Job,
  modules: CacheReport,
  build: CacheReport,
  failures: readonly string[],
  isReported: boolean,
): Promise<void> {
  const { inputs, plan, go } = job
  const warning = cacheWarning([modules.outcome, build.outcome])
  if (warning !== undefined && !isReported) runner.warning(warning)
  const main = mainOutputs(modules, build, [], { version: plan.goVersion, env: go.env })
  setOutputs({ ...main, ...backendOutput(job) })
  await summarize(inputs.summary, failures.length > 0 || warning !== undefined, () =>
    lookupSummary([modules, build], failures),
  )
}

/** Logs the saves, and writes the job summary when post ends. */
export async function reportSaves(saves: readonly SaveReport[], state: State): Promise<void> {
  // Main already logged why a cache is off.
  const reported = saves.filter(({ name }) => state[name] !== undefined)
  for (const report of reported) logGroup(saveLog(report))
  for (const { outcome } of reported) if (outcome.warning !== undefined) runner.warning(outcome.warning)
  const warning = cacheWarning(saves.map((report) => report.outcome))
  if (warning !== undefined && !state.warned) runner.warning(warning)
  else if (warning !== undefined) runner.info(warning)
  const isProblem = warning !== undefined || reported.some(({ outcome }) => outcome.warning !== undefined)
  // The summary of the step with `save` has it, or nothing was to be saved.
  const isNews = reported.some(({ outcome: { rule } }) => rule !== 'saved-before' && rule !== 'restores-only')
  if (isNews) await summarize(state.summary, isProblem, () => postSummary(reported))
}

/** Writes the job summary of a step that failed before any work. */
export async function reportFailure(failures: readonly string[], inputs: Inputs | undefined): Promise<void> {
  await summarize(inputs?.summary ?? 'on-problem', true, () => failureSummary(failures))
}

async function summarize(
  requested: Inputs['summary'],
  isProblem: boolean,
  text: () => string,
): Promise<void> {
  if (requested === 'always' || (requested === 'on-problem' && isProblem))
    await runner.appendToSummary(text())
}

/** Sets outputs of the step. */
export function setOutputs(outputs: Outputs | SaveOutputs): void {
  for (const [name, value] of Object.entries(outputs)) runner.setOutput(name, value)
}

/** Fails the step for problems that the user can fix, and returns their texts for the job summary. */
export function failForProblems(problems: readonly Problem[]): readonly string[] {
  for (const problem of problems) {
    runner.error(problemText(problem), placed(problem))
    const { file = 'the checkout', shown, shownAs = `What would change in ${file}` } = problem
    if (shown !== undefined) runner.group(shownAs, shown)
  }
  return problems.map(problemText)
}

/** The title of a failure in a run that gets no secrets. */
const noSecrets = 'this run gets no secrets'

/**
 * Fails the step and shows the user the fix. Each problem gets its own annotation. A failed go command gets its
 * explanation, with Go's output below. Any other error is reported as a bug in this action.
 *
 * @param first returns the sentences before the explanation of a failed go command; undefined for none
 * @returns the texts for the job summary, one per failure
 */
export function failStep(
  error: unknown,
  first: (output: string) => string | undefined = () => undefined,
): readonly string[] {
  if (error instanceof UserError) return failForProblems(error.problems)
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof GoCommandError) {
    const { explanation, output } = error
    // A possible attack must not get a harmless explanation.
    const lead = explanation?.security === true ? undefined : first(output)
    const text = lead === undefined ? message : `${lead} ${message}`
    const defaultTitle = explanation?.title ?? 'Go dependencies'
    const title = explanation?.security === true ? 'SECURITY' : lead === undefined ? defaultTitle : noSecrets
    runner.error(text, { title })
    for (const { text, ...place } of explanation?.places ?? []) runner.error(text, placed(place))
    runner.group('Output of the go command', output.trimEnd().split(/\r?\n/))
    return [text]
  }
  if (hasCode(error, 'go-download-mismatch', 'corrupt-modules', 'bundle-mismatch')) {
    runner.error(message, { title: 'SECURITY' })
    return [message]
  }
  if (error instanceof Error && 'syscall' in error) {
    const text = `A system call failed: ${message}. Check free space, permissions, and other programs that use the file.`
    runner.error(text)
    runner.debug(stack ?? '')
    return [text]
  }
  runner.error(`This is a bug in go-deps-action, please report it: ${message}`)
  runner.debug(stack ?? '')
  return [message]
}

function placed({
  file,
  line,
}: {
  readonly file?: string
  readonly line?: number | undefined
}): runner.AnnotationLocation {
  return { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) }
}
