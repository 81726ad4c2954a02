import type { Facts } from '../facts/facts.ts'
import { moduleVersionName } from '../modules/module-version.ts'
import { neededTrees } from '../modules/needed.ts'
import { sumsOf } from '../modules/roots.ts'
import { type CachePlan, goVersion, planBuildCache, planModuleCache } from './caches.ts'
import { type DependencyPlan, needsModuleCache, planDependencies } from './dependencies.ts'
import { hasModuleCache } from './home.ts'
import { type CachePolicy, planPolicy } from './policy.ts'
import { type DatabaseLookup, planToolchainCache, type ToolchainPlan } from './toolchain.ts'
import { nothingWithheld, planWithheld, type Withheld } from './withheld.ts'

/** Everything that main is going to do, and why. */
export interface MainPlan {
  readonly policy: CachePolicy
  readonly withheld: Withheld
  readonly modules: CachePlan
  readonly build: CachePlan
  readonly toolchain: ToolchainPlan
  readonly dependencies: readonly DependencyPlan[]
  /** The version that builds the modules, such as `go1.26.0`. */
  readonly goVersion: string
}

/**
 * Plans main from what was found.
 *
 * @param lookup what decides whether the go command compares a toolchain with the checksum database
 */
export function planMain(facts: Facts, lookup: DatabaseLookup): MainPlan {
  const { inputs } = facts
  const off: CachePlan = { wanted: false, why: 'input `cache` is false' }
  return {
    policy: planPolicy(inputs, facts.event, facts.serviceMode, facts.tokenMaySave),
    withheld: inputs.cache
      ? planWithheld(inputs, facts.event, facts.roots, facts.privateModules)
      : nothingWithheld,
    modules: inputs.cache ? planModuleCache(inputs, facts) : off,
    build: inputs.cache ? planBuildCache(inputs, facts) : off,
    toolchain: inputs.cache ? planToolchainCache(inputs, facts, lookup) : { plan: off, name: '' },
    dependencies: planDependencies(inputs, facts.roots, hasModuleCache(facts.go)),
    goVersion: goVersion(facts),
  }
}

/** Every `path@version` that the checksum files name, by what they hold of it, and those that builds need. */
export function namedVersions(facts: {
  readonly roots: Facts['roots']
  readonly inputs: Pick<Facts['inputs'], 'dependencies' | 'check-vendor' | 'check-tidy'>
}): {
  readonly needed: readonly string[]
  readonly trees: readonly string[]
  readonly goMods: readonly string[]
} {
  const roots = facts.roots.filter((root) => needsModuleCache(facts.inputs, root))
  const sums = roots.flatMap(sumsOf)
  const unique = (names: readonly string[]) => [...new Set(names)].sort()
  return {
    needed: unique(roots.flatMap(neededTrees)),
    trees: unique(sums.flatMap((sum) => sum.trees.map(moduleVersionName))),
    goMods: unique(sums.flatMap((sum) => sum.goMods.map(moduleVersionName))),
  }
}
