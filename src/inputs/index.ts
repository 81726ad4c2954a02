/** The inputs and outputs, each declared once. */

export { type Credential, credentialSecrets } from './credentials.ts'
export { type Inputs, readInputs, variableOf } from './inputs.ts'
export { currentPlatform } from './offline-inputs.ts'
export type { Outputs, SaveOutputs } from './outputs.ts'
export { coversDirectory, type DirectoryPattern, patternDirectory, readDirectoryPattern } from './patterns.ts'
export { readS3Server, type S3Server, s3Problems } from './s3-server.ts'
export { foreignInputsOfSave } from './save-inputs.ts'
export { type SshAddress, type SshKey, type SshServer, sshSecrets } from './ssh-keys.ts'
