/** The go command: its environment, its one runner, its output, and the explanation of its errors. */

export { buildGoVersion, fetchedToolchain, toolchainModule } from './build-version.ts'
export {
  buildVariables,
  compilerVariables,
  type DetectedGo,
  detectChecksumDatabase,
  detectGo,
  detectGoproxy,
  goNotFound,
} from './detect-go.ts'
export { isCausedByFiles } from './explain/explain.ts'
export { moduleLocations, withoutUserinfo } from './explain/message.ts'
export {
  hasOnlyTests,
  isTransient,
  lacksFile,
  lacksInfo,
  lacksModule,
  lacksSum,
  lacksVersion,
  mayNeedCredentials,
} from './explain/patterns.ts'
export { GoCommandError, type GoRun, runGo, runGoIfFound } from './go-command.ts'
export { type EnvChange, GoEnv, parseGoEnvFile, valuesOf } from './go-env.ts'
export {
  type FailedLoad,
  inBatches,
  type ListedModule,
  listTemplate,
  loadFields,
  modulesToDownload,
  parseBuildList,
  parseFailedLoads,
  unmatchedPatterns,
} from './list-output.ts'
export { type BundleSource, bundleVariables, planEnvironment, variableLines } from './plan-env.ts'
