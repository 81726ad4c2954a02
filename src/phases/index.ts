/** The parts of main and post. */

export { checkBundle } from './check-bundle.ts'
export { lookUp } from './look-up.ts'
export { planJob, usesStore } from './plan.ts'
export { failStep, logPlan, logSetup, reportFailure, reportPlan, reportSaves } from './report.ts'
export { finishWithoutModules, restoreAndFetch } from './restore-and-fetch.ts'
export { isSaveAction, saveNow, saveUse } from './save.ts'
export { exportToLaterSteps, setUpJob } from './set-up.ts'
export { noSaveReason, withSaved, writePlan } from './uses.ts'
