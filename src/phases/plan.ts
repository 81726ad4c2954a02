import * as path from 'node:path'
import { bundleOutputProblems } from '../bundle/index.ts'
import {
  type CachePlan,
  nothingExcluded,
  planBuildCache,
  planExcludedModules,
  planModuleCache,
  planPolicy,
  planS3Target,
  planToolchainCache,
  type StoreChoice,
} from '../cache/index.ts'
import { hashSource, nonProjectFolders } from '../checkout/index.ts'
import { planDependencies } from '../dependencies/index.ts'
import { UserError } from '../errors.ts'
import { canTokenSave, readJobIdentity } from '../github-context.ts'
import { buildGoVersion, type DetectedGo } from '../gocmd/index.ts'
import { privatePatterns, uncheckedPatterns } from '../gosettings/private-modules.ts'
import { readS3Server } from '../inputs/index.ts'
import type { Job, MainPlan, PreparedJob } from '../job.ts'
import { lstat } from '../platform/files.ts'
import { detectMachineImage } from '../platform/machine.ts'
import { warning } from '../platform/runner.ts'
import { hasModuleCache, planGoRequirements } from '../validate/index.ts'

/** Maximum number of checkouts in the state, because an environment variable carries them. */
const maxCheckouts = 50

/** The facts that the plan is derived from. */
type JobFacts = Omit<Job, 'plan'>

/** Collects the facts for all decisions. */
async function collectFacts(prepared: PreparedJob, go: DetectedGo): Promise<JobFacts> {
  const { inputs, inputEnv } = prepared
  const { workspace, roots } = prepared.checkout
  const { variables } = inputEnv
  const directories = roots.flatMap((root) => root.modules.map((module) => module.directory))
  // The value from `go env` wins over the setting.
  const otherFolders = nonProjectFolders(workspace, inputEnv.with(directoriesOf(go)))
  return {
    ...prepared,
    identity: readJobIdentity(variables, inputs.matrix),
    image: detectMachineImage(),
    go,
    roots,
    source:
      inputs.cache && inputs['cache-build']
        ? await hashSource(workspace, directories, variables, otherFolders)
        : [],
    workspace,
    checkouts: lstat(path.join(workspace, '.git')) === undefined ? directories.slice(0, maxCheckouts) : [],
    repository: inputEnv.variable('GITHUB_REPOSITORY'),
    run: `${inputEnv.variable('GITHUB_RUN_ID')}.${inputEnv.variable('GITHUB_RUN_ATTEMPT')}`,
    privateModules: privatePatterns(inputEnv.setting),
    uncheckedModules: uncheckedPatterns((name) => go.env[name] ?? ''),
    serviceMode: inputEnv.variable('ACTIONS_CACHE_MODE').trim().toLowerCase(),
    // The token is for the cache service, not for a bucket.
    tokenMaySave:
      inputs['cache-backend'] === 's3' || canTokenSave(inputEnv.variable('ACTIONS_RUNTIME_TOKEN')),
  }
}

/** Decides where the entries are. */
function planStore({ inputs, inputEnv, event, repository }: JobFacts): StoreChoice {
  const backend = inputs['cache-backend']
  if (backend !== 's3') return backend
  const read = readS3Server(inputs, (name) => inputEnv.variable(name))
  // Without caching, the server may be incomplete, and nothing uses the store.
  return 'server' in read ? planS3Target(inputs, read.server, event, repository) : 'auto'
}

/** Returns the directories that Go itself names. */
function directoriesOf({ env }: DetectedGo): Readonly<Record<string, string>> {
  const names = ['GOMODCACHE', 'GOCACHE', 'GOROOT', 'GOPATH']
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}

/** Plans main from the facts. */
function planMain(facts: JobFacts): MainPlan {
  const { inputs, offline } = facts
  const off: CachePlan = { wanted: false, why: 'input `cache` is false' }
  const lookup = {
    settings: facts.inputEnv.setting,
    offlineSource: offline.mode === 'false' ? '' : offline.source,
  }
  return {
    policy: planPolicy(inputs, facts.event, facts.serviceMode, facts.tokenMaySave),
    store: planStore(facts),
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

/** Reports whether main or post will use the store. */
export function usesStore({ policy, modules, build, toolchain }: MainPlan): boolean {
  return (
    (policy.restore || policy.save !== 'no') && [modules, build, toolchain.plan].some(({ wanted }) => wanted)
  )
}

/**
 * Plans a job that is set up; undefined if there is no module or no Go.
 *
 * @throws UserError when this Go cannot do what the inputs or files require
 */
export async function planJob(prepared: PreparedJob): Promise<Job | undefined> {
  const { checkout, go } = prepared
  if (checkout.roots.length === 0 || go === undefined) return undefined
  const facts = await collectFacts(prepared, go)
  const { problems, warnings } = planGoRequirements(facts)
  const all = [...problems, ...bundleOutputProblems(facts)]
  if (all.length > 0) throw new UserError(all)
  for (const text of warnings) warning(text)
  return { ...facts, plan: planMain(facts) }
}
