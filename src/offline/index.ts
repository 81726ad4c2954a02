/** The offline mode: plans it, proves that nothing is missing, and takes later steps offline. */

export {
  goOffline,
  goOfflineAfterFailure,
  goOfflineWithoutModules,
  type OfflineOutcome,
  offlineIfRequested,
} from './offline.ts'
export { type OfflinePlan, offlineProblems, planOffline } from './plan.ts'
export { patternsInRoot } from './prove.ts'
