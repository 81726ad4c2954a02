/** Everything that is masked in the log: secret inputs, and secrets in variables, git's settings and Go's. */

import * as path from 'node:path'
import { type DetectedGo, type GoEnv, parseGoEnvFile } from '../gocmd/index.ts'
import { goauthSecrets } from '../gosettings/goauth.ts'
import { goproxyLogins } from '../gosettings/goproxy.ts'
import { addressLogin, headerForms, loginForms, secretForms } from '../gosettings/secret-forms.ts'
import { credentialSecrets, type Inputs, sshSecrets } from '../inputs/index.ts'
import type { Variables } from '../platform/environment.ts'
import { readText } from '../platform/files.ts'
import { gitSettings } from '../platform/git.ts'
import * as runner from '../platform/runner.ts'

/** Variables that name a forward proxy, as many programs have their own. Also INPUT_GOPROXY: it may fail validation. */
const proxies = /^(?!(?:GO|GONO|NO_?|GIT_?)PROXY$).*PROXY$/i

/** Variables whose whole value is a secret. */
const wholeSecrets = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'ACTIONS_RUNTIME_TOKEN',
]

const addresses = ['GO_DOWNLOAD_BASE_URL', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3']

/**
 * Returns every form of the secrets in variables of the go command.
 *
 * @param settings returns the value of a variable
 */
export function goSettingForms(settings: (name: string) => string): readonly string[] {
  return [
    ...['GOPROXY', 'GOSUMDB'].flatMap((name) => goproxyLogins(settings(name)).flatMap(loginForms)),
    ...goauthSecrets(settings('GOAUTH')).flatMap(secretForms),
  ]
}

/** Returns every form of the secrets in the variables of forward proxies, of git's settings and of object stores. */
export function environmentForms(environment: Variables): readonly string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    if (wholeSecrets.includes(name)) return secretForms(value)
    if (proxies.test(name) || addresses.includes(name)) return addressForms(value)
    const isGit = /^GIT_CONFIG_(?:KEY|VALUE)_\d+$/.test(name)
    return isGit ? [...addressForms(settingAddress(value)), ...headerForms(value)] : []
  })
}

/**
 * Returns every form of the secrets in git's configuration files.
 *
 * @param listing what `git config --null --get-regexp` prints
 */
export function gitSettingForms(listing: string): readonly string[] {
  return listing.split('\0').flatMap((record) => {
    const end = record.indexOf('\n')
    const [key, value] = end === -1 ? [record, ''] : [record.slice(0, end), record.slice(end + 1)]
    return [...addressForms(settingAddress(key)), ...addressForms(value), ...headerForms(value)]
  })
}

/** Extracts the address from a key such as `url.https://me:secret@git.example.com/.insteadOf`. */
function settingAddress(key: string): string {
  return key.replace(/^(?:url|http|credential)\.(.*)\.\w+$/is, '$1')
}

function addressForms(text: string): readonly string[] {
  const login = addressLogin(text)
  return login === undefined ? [] : loginForms(login)
}

/** Git settings that may hold addresses or headers with passwords. */
const gitKeys = String.raw`^(url|http|remote)\.`

/**
 * Masks, in every form, the secrets of the inputs and variables that downloads use. Those of `credentials` and
 * `ssh-private-key` have functions of their own.
 *
 * @param base the address from which this action downloads Go
 * @param env the environment of the user
 */
export function maskSettings(
  inputs: Pick<Inputs, 'goproxy' | 'gosumdb' | 'goauth'>,
  base: string,
  { variables, setting }: GoEnv,
): void {
  const given: Readonly<Record<string, string>> = {
    GOPROXY: inputs.goproxy,
    GOSUMDB: inputs.gosumdb,
    GOAUTH: inputs.goauth,
  }
  maskAll([
    ...goSettingForms((name) => given[name] ?? ''),
    ...goproxyLogins(base).flatMap(loginForms),
    ...goSettingForms(setting),
    ...environmentForms(variables),
  ])
}

/** Masks secrets in addresses and headers of git's configuration: git and Go print the address after its rewrite. */
export async function maskGitSettings(directory: string, variables: Variables): Promise<void> {
  maskAll(gitSettingForms(await gitSettings(directory, gitKeys, variables)))
}

/** Masks secrets in the defaults of the Go that runs (GOROOT/go.env), which a company's image may set. */
export function maskGoDefaults({ env }: DetectedGo): void {
  const defaults = parseGoEnvFile(readText(path.join(env.GOROOT ?? '', 'go.env')) ?? '')
  maskAll(goSettingForms((name) => defaults.get(name) ?? ''))
}

function maskAll(secrets: readonly string[]): void {
  for (const secret of new Set(secrets)) runner.mask(secret)
}

/** Masks the secrets of `credentials` in the log. Runs before any other work. */
export function maskCredentials({ credentials }: Pick<Inputs, 'credentials'>): void {
  maskAll(credentialSecrets(credentials.credentials))
}

/** Masks the keys of `ssh-private-key` in the log. Runs before any other work. */
export function maskSshKeys({ 'ssh-private-key': { keys } }: Pick<Inputs, 'ssh-private-key'>): void {
  maskAll(sshSecrets(keys))
}
