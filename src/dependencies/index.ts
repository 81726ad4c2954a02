/** The dependencies of each root: downloads and vendors them, and checks go.mod, go.sum and the vendor directory. */

export { checkCheckout, fetchDependencies } from './dependencies.ts'
export { lockProblems, writeLock } from './deps-lock.ts'
export {
  type DependencyPlan,
  type DependencyReport,
  type FetchedFrom,
  fetchedText,
  isUnverifiable,
  isVendored,
  nothingMissing,
  planDependencies,
} from './plan.ts'
export { offerVendorPatch } from './vendor.ts'
