/** What of the settings of a job may be secret, wherever they come from. */

import * as path from 'node:path'
import type { DetectedGo } from '../gocmd/detect-go.ts'
import { parseGoEnvFile, readGoSettings } from '../gocmd/go-env.ts'
import { goauthSecrets } from '../gosettings/goauth.ts'
import { goproxyLogins } from '../gosettings/goproxy.ts'
import { addressLogin, headerForms, loginForms, secretForms } from '../gosettings/secret-forms.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { processEnv } from '../platform/environment.ts'
import { readText } from '../platform/files.ts'
import { gitSettings } from '../platform/git.ts'
import * as runner from '../platform/runner.ts'

/** Variables that name a forward proxy, as several programs have one of their own; and INPUT_GOPROXY, which may be refused. */
const proxies = /^(?!(?:GO|GONO|NO_?|GIT_?)PROXY$).*PROXY$/i

/** Variables that hold a secret and nothing else. */
const wholeSecrets = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'ACTIONS_RUNTIME_TOKEN']

const addresses = ['GO_DOWNLOAD_BASE_URL', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3']

/**
 * Every form of the secrets in variables of the go command.
 *
 * @param settings what a variable is set to
 */
export function goSettingForms(settings: (name: string) => string): readonly string[] {
  return [
    ...['GOPROXY', 'GOSUMDB'].flatMap((name) => goproxyLogins(settings(name)).flatMap(loginForms)),
    ...goauthSecrets(settings('GOAUTH')).flatMap(secretForms),
  ]
}

/** Every form of the secrets in the environment by which a download passes: forward proxies, settings of git, stores. */
export function environmentForms(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    if (wholeSecrets.includes(name)) return secretForms(value)
    if (proxies.test(name) || addresses.includes(name)) return addressForms(value)
    const isGit = /^GIT_CONFIG_(?:KEY|VALUE)_\d+$/.test(name)
    return isGit ? [...addressForms(settingAddress(value)), ...headerForms(value)] : []
  })
}

/**
 * The same for settings of git in files.
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

/** Of `url.https://me:secret@git.example.com/.insteadOf` the address. */
function settingAddress(key: string): string {
  return key.replace(/^(?:url|http|credential)\.(.*)\.\w+$/is, '$1')
}

function addressForms(text: string): readonly string[] {
  const login = addressLogin(text)
  return login === undefined ? [] : loginForms(login)
}

/** The settings of git in which addresses and headers with passwords are found. */
const gitKeys = String.raw`^(url|http|remote)\.`

/**
 * Hides, in every form, the secrets of inputs and variables by which something is downloaded. Those of `credentials` and
 * `ssh-private-key` have functions of their own.
 *
 * @param base the address that Go is downloaded from
 */
export function maskSettings(inputs: Pick<Inputs, 'goproxy' | 'gosumdb' | 'goauth'>, base: string): void {
  const given: Readonly<Record<string, string>> = {
    GOPROXY: inputs.goproxy,
    GOSUMDB: inputs.gosumdb,
    GOAUTH: inputs.goauth,
  }
  const variables = processEnv()
  maskAll([
    ...goSettingForms((name) => given[name] ?? ''),
    ...goproxyLogins(base).flatMap(loginForms),
    ...goSettingForms(readGoSettings(variables)),
    ...environmentForms(variables),
  ])
}

/** Hides what addresses and headers in git's configuration hold: git and Go show the address that a rule leads to. */
export async function maskGitSettings(directory: string): Promise<void> {
  maskAll(gitSettingForms(await gitSettings(directory, gitKeys)))
}

/** Hides what the Go that runs has as its own defaults, as a company's image may. */
export function maskGoDefaults({ env }: DetectedGo): void {
  const defaults = parseGoEnvFile(readText(path.join(env.GOROOT ?? '', 'go.env')) ?? '')
  maskAll(goSettingForms((name) => defaults.get(name) ?? ''))
}

function maskAll(secrets: readonly string[]): void {
  for (const secret of new Set(secrets)) runner.mask(secret)
}
