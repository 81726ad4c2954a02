import * as path from 'node:path'
import { moduleVersionName } from '../../gofiles/module-path.ts'
import { neededTrees } from '../../gofiles/requirements.ts'
import { hasDependencies, type Root, sumsOf } from '../../gofiles/roots.ts'
import type { Inputs } from '../../inputs/index.ts'
import type { Job } from '../../job.ts'
import {
  type CachePlan,
  graphPart,
  type KeyFacts,
  leadingParts,
  makeKey,
  noCacheDirectory,
  withIncompleteFallback,
} from '../key.ts'
import { downloadedFilesOf } from '../module-graph.ts'

/** Reports whether a root needs anything from the module cache. */
export function needsModuleCache(
  inputs: Pick<Inputs, 'dependencies' | 'check-vendor' | 'check-tidy'>,
  root: Root,
): boolean {
  const isUsed =
    ['download', 'vendor'].includes(inputs.dependencies) || inputs['check-vendor'] || inputs['check-tidy']
  return hasDependencies(root) && (!root.vendored || isUsed)
}

/**
 * Plans the module cache: whether it is useful here, and its key up to the module graph. The graph alone decides which
 * entry is exact, so that jobs for several services with the same dependencies share one. The fallback is the newest
 * entry of the repository (docs/adr/0017-the-graph-decides.md).
 */
export function planModuleCache(
  inputs: Pick<
    Inputs,
    'cache-modules' | 'cache-key' | 'dependencies' | 'check-vendor' | 'check-tidy' | 'bundle'
  >,
  { roots, go }: Pick<KeyFacts, 'roots' | 'go'>,
): CachePlan {
  if (!inputs['cache-modules']) return { wanted: false, why: 'input `cache-modules` is false' }
  if (!roots.some(hasDependencies)) return { wanted: false, why: 'there are no dependencies', expected: true }
  const fetching = roots.filter((root) => needsModuleCache(inputs, root))
  if (fetching.length === 0) return { wanted: false, why: 'all dependencies are vendored', expected: true }
  if (inputs.bundle !== '') return { wanted: false, why: 'the modules come from input `bundle`' }
  if (!path.isAbsolute(go.env.GOMODCACHE ?? '')) return { wanted: false, why: noCacheDirectory('GOMODCACHE') }
  const stable = leadingParts('modules', inputs['cache-key'])
  const key = withIncompleteFallback(
    makeKey([...stable, graphPart(downloadedFilesOf(fetching))], stable.length),
  )
  return { wanted: true, key, why: `${fetching.length === 1 ? 'a module' : 'modules'} with dependencies` }
}

/** Returns every `path@version` in the checksum files, by the kind of its recorded hash, and those that builds need. */
export function namedVersions(facts: {
  readonly roots: Job['roots']
  readonly inputs: Pick<Job['inputs'], 'dependencies' | 'check-vendor' | 'check-tidy'>
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
