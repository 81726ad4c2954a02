import * as path from 'node:path'
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
import { canTokenSave, readEvent, readJobIdentity } from '../github-context.ts'
import type { DetectedGo } from '../gocmd/detect-go.ts'
import { buildGoVersion, type GoSettingLookup, privatePatterns, readGoSettings } from '../gocmd/go-env.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { JobFacts, MainPlan } from '../job.ts'
import { processEnv } from '../platform/environment.ts'
import { lstat } from '../platform/files.ts'
import { detectMachineImage } from '../platform/machine.ts'
import { hasModuleCache } from '../validate/go-version.ts'

/** More are not handed to post: they travel in an environment variable. */
const mostCheckouts = 50

/**
 * Looks at the rest of what counts, once it is known which modules and which Go are meant.
 *
 * @param inputs the inputs
 * @param checkout the modules
 * @param go the go command on PATH
 * @param settings what the variables of the go command are set to
 */
export async function collectFacts(
  inputs: Inputs,
  { workspace, roots }: Pick<Checkout, 'workspace' | 'roots'>,
  go: DetectedGo,
  settings: GoSettingLookup = readGoSettings(processEnv()),
): Promise<JobFacts> {
  const variables = processEnv()
  const directories = roots.flatMap((root) => root.modules.map((module) => module.directory))
  // What Go says itself wins over what is set.
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
 * Plans main from what was found.
 *
 * @param lookup what decides whether the go command compares a toolchain with the checksum database
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
