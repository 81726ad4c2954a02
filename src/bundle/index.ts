/** Air-gapped bundles: creates, opens, checks and uses them. */

export { fitProblems, makeBundle, useBundle } from './bundle.ts'
export type { BundleContent, BundleReport } from './content.ts'
export { bundleGapLines, bundleOpenedText, bundleWrittenText } from './describe.ts'
export { checkShards, openBundle } from './open.ts'
export { bundleOutputProblems, isBundleCheck } from './output-checks.ts'
export { type BundleFit, type BundleGap, compareWithCheckout } from './select.ts'
