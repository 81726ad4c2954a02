/** The caches: keys, policy and save rules; restores and saves the module cache, the build cache and the toolchain. */

export {
  type DescribedFile,
  describeFiles,
  hashBuffer,
  hashFile,
  hashInBackground,
  treeHash,
} from './archive/hash-files.ts'
export { readSingleFile, type SingleFile, type StoredUnit, writeSingleFile } from './archive/single-file.ts'
export { unpackEntry } from './archive/unpack.ts'
export { checkPlacedShard } from './archive/unpack-shard.ts'
export { zipThreads } from './archive/zip-hash.ts'
export {
  lookUpCaches,
  restoreBuildCache,
  restoreModuleCache,
  restoreToolchainCache,
  saveCaches,
  startTransfer,
} from './cache.ts'
export { moveCacheDirectories } from './directories.ts'
export type { Transfer } from './entries.ts'
export {
  type ExcludedModules,
  excludeForOtherUses,
  mayCachePrivate,
  nothingExcluded,
  planExcludedModules,
  privatePatternsToShare,
  privatePatternsVariable,
} from './excluded-modules.ts'
export { jobHash, jobKindHash, planBuildCache, volatileParts } from './gocache/key.ts'
export { makeRemovable, moveModulesIntoPlace, mustBeRemovable } from './gomodcache/install.ts'
export { namedVersions, planModuleCache } from './gomodcache/key.ts'
export { isModuleCached } from './gomodcache/listing.ts'
export { announceSave } from './gomodcache/save.ts'
export { type ModuleUnit, sumdbPath } from './gomodcache/select.ts'
export { planToolchainCache, type ToolchainPlan } from './gomodcache/toolchain.ts'
export { type CachePlan, type Key, type KeyFacts, matchKey } from './key.ts'
export {
  type BuildCounts,
  type BuildReport,
  type CacheName,
  type CacheReport,
  CorruptModules,
  cacheWarning,
  corruptLines,
  corruptWarning,
  type ModulesReport,
  type RestoreOutcome,
  type SaveReport,
} from './outcomes.ts'
export { type CachePolicy, isRestoreAction, planPolicy } from './policy.ts'
export { missProblems } from './required-entries.ts'
export { deleteCommand, planS3Target, s3TargetText } from './s3-areas.ts'
export { planSave } from './save-rules.ts'
export { removeStaleStages, withStage } from './stage.ts'
export { backendName, type StoreChoice } from './store/choose.ts'
export type { TransferFigures } from './store/store.ts'
