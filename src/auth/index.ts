/** Credentials, ssh keys and certificates: checks, installs and masks them. */

export { configureCertificates, readCertificateInput } from './certificates.ts'
export { credentialRequirements, insecureServerProblems, sshWarnings } from './checks.ts'
export { configureCredentials, credentialProblems, maskCredentials } from './credentials.ts'
export { maskGitSettings, maskGoDefaults, maskSettings } from './masks.ts'
export { missingSecretsText, noticeMissingSecrets, withoutSecretInputs } from './missing-secrets.ts'
export { checkSsh, configureSsh, type ExistingSsh, maskSshKeys } from './ssh.ts'
