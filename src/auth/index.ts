/** Credentials, ssh keys and certificates: checks, installs and masks them. */

export { configureCertificates, readCertificateInput } from './certificates.ts'
export { credentialRequirements, insecureServerProblems } from './checks.ts'
export { configureCredentials, credentialProblems } from './credentials.ts'
export { maskCredentials, maskGitSettings, maskGoDefaults, maskSettings, maskSshKeys } from './masks.ts'
export { missingSecretsText, noticeMissingSecrets, withoutSecretInputs } from './missing-secrets.ts'
export { checkSsh, configureSsh, type ExistingSsh } from './ssh.ts'
