/** The requested Go: reads the request, and finds or installs it. */

export type { RequestedGo } from './release-spec.ts'
export { type ReadRequestedGo, readRequestedGo } from './requested-version.ts'
export { type GoSetup, setUpGo } from './setup-go.ts'
export { whyToolchainUnavailable } from './toolchain-module.ts'
