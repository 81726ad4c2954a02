/** What the user reads: log lines, job summary and outputs. */

export {
  dependencyLog,
  introduction,
  noModulesText,
  noSumsText,
  offlineLines,
  planLines,
  restoreLog,
  rootText,
  saveLog,
  skippedText,
} from './log.ts'
export { bundleOutputs, type MainReport, mainOutputs, saveOutputsOf } from './report.ts'
export {
  bundleCheckSummary,
  failureSummary,
  lookupSummary,
  mainSummary,
  nothingSummary,
  type Opened,
  planSummary,
  postSummary,
} from './summary.ts'
