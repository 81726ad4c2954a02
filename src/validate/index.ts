/** Everything that is wrong before anything changes. */

export { environmentWarnings, sshWarnings } from './environment.ts'
export { hasModuleCache, planGoRequirements } from './go-version.ts'
export { withBuildableRoots } from './roots.ts'
export { downloadBase, type ValidatedJob, validateJob } from './validate.ts'
