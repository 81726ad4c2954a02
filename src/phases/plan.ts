import * as path from 'node:path'
import { bundleOutputProblems } from '../bundle/output-checks.ts'
import { nothingExcluded, planExcludedModules } from '../cache/excluded-modules.ts'
import { planBuildCache } from '../cache/gocache/key.ts'
import { planModuleCache } from '../cache/gomodcache/key.ts'
import { type DatabaseLookup, planToolchainCache } from '../cache/gomodcache/toolchain.ts'
import type { CachePlan } from '../cache/key.ts'
import { planPolicy } from '../cache/policy.ts'
import type { Checkout } from '../checkout/checkout.ts'
import { nonProjectFolders } from '../checkout/own-modules.ts'
import { hashSource } from '../checkout/source-hash.ts'
import { planDependencies } from '../dependencies/plan.ts'
import { UserError } from '../errors.ts'
import { canTokenSave, readEvent, readJobIdentity } from '../github-context.ts'
import type { DetectedGo } from '../gocmd/detect-go.ts'
import { buildGoVersion, type GoSettingLookup, privatePatterns, readGoSettings } from '../gocmd/go-env.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { JobFacts, MainPlan } from '../job.ts'
import { processEnv } from '../platform/environment.ts'
import { lstat } from '../platform/files.ts'
import { detectMachineImage } from '../platform/machine.ts'
import { warning } from '../platform/runner.ts'
import { hasModuleCache, planGoRequirements } from '../validate/go-version.ts'
import type { Planned } from './report.ts'
import type { ReadyJob } from './set-up.ts'

/** Maximum number of checkouts in the state, because an environment variable carries them. */
const mostCheckouts = 50

/**
 * Collects the facts for all decisions, once the modules and the Go are known.
 *
 * @param inputs the inputs
 * @param checkout the modules
 * @param go the go command on PATH
 * @param settings returns the value of a variable of the go command
 */
export async function collectFacts(
  inputs: Inputs,
  { workspace, roots }: Pick<Checkout, 'workspace' | 'roots'>,
  go: DetectedGo,
  settings: GoSettingLookup = readGoSettings(processEnv()),
): Promise<JobFacts> {
  const variables = processEnv()
  const directories = roots.flatMap((root) => root.modules.map((module) => module.directory))
  // The value from `go env` wins over the setting.
  const foreign = nonProjectFolders({
    workspace,
    settings: (name) => go.env[name] || settings(name),
    variables,
  })
  return {
    inputs,
    event: readEvent(variables),
    job: readJobIdentity(variables, inputs.matrix),
    image: detectMachineImage(),
    go,
    roots,
    source: inputs.cache && inputs['cache-build'] ? await hashSource(workspace, directories, foreign) : [],
    workspace,
    checkouts: lstat(path.join(workspace, '.git')) === undefined ? directories.slice(0, mostCheckouts) : [],
    repository: variables.GITHUB_REPOSITORY ?? '',
    run: `${variables.GITHUB_RUN_ID ?? ''}.${variables.GITHUB_RUN_ATTEMPT ?? ''}`,
    privateModules: privatePatterns(settings),
    serviceMode: (variables.ACTIONS_CACHE_MODE ?? '').trim().toLowerCase(),
    tokenMaySave: canTokenSave(variables.ACTIONS_RUNTIME_TOKEN ?? ''),
  }
}

/**
 * Plans main from the facts.
 *
 * @param lookup the settings that decide whether the go command verifies a toolchain with the checksum database
 */
export function planMain(facts: JobFacts, lookup: DatabaseLookup): MainPlan {
  const { inputs } = facts
  const off: CachePlan = { wanted: false, why: 'input `cache` is false' }
  return {
    policy: planPolicy(inputs, facts.event, facts.serviceMode, facts.tokenMaySave),
    excluded: inputs.cache
      ? planExcludedModules(inputs, facts.event, facts.roots, facts.privateModules)
      : nothingExcluded,
    modules: inputs.cache ? planModuleCache(inputs, facts) : off,
    build: inputs.cache ? planBuildCache(inputs, facts) : off,
    toolchain: inputs.cache ? planToolchainCache(inputs, facts, lookup) : { plan: off, name: '' },
    dependencies: planDependencies(inputs, facts.roots, hasModuleCache(facts.go)),
    goVersion: buildGoVersion(facts),
  }
}

/**
 * Plans a job that is set up; undefined if there is no module or no Go.
 *
 * @throws UserError when this Go cannot do what the inputs or files require
 */
export async function planJob({
  inputs,
  checkout,
  go,
  settings,
  offline,
}: ReadyJob): Promise<Planned | undefined> {
  if (checkout.roots.length === 0 || go === undefined) return undefined
  const facts = await collectFacts(inputs, checkout, go, settings)
  const { problems, warnings } = planGoRequirements(facts)
  const all = [...problems, ...bundleOutputProblems(facts)]
  if (all.length > 0) throw new UserError(all)
  for (const text of warnings) warning(text)
  const sealedSource = offline.mode === 'false' ? '' : offline.source
  return { facts, plan: planMain(facts, { settings, sealedSource }) }
}
