/** The modules of the checkout: finds and reads them, and hashes the source. */

export { type Checkout, readCheckout } from './checkout.ts'
export { goFileProblem, workspacePath } from './module-files.ts'
export { outputPathFault, outputPathOrTempFault } from './output-path.ts'
export { nonProjectFolders } from './own-modules.ts'
export { goflagsProblem, settingSource } from './read-roots.ts'
export { hashSource } from './source-hash.ts'
