import * as path from 'node:path'
import type { Go } from '../facts/go.ts'
import { lookAtSettings } from '../facts/settings.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { parseGoEnvFile } from '../modules/go-env.ts'
import { environmentForms, gitSettingForms, goSettingForms } from '../modules/settings/environment-secrets.ts'
import { goproxyLogins } from '../modules/settings/goproxy.ts'
import { loginForms } from '../modules/settings/secret-forms.ts'
import { environment } from '../system/environment.ts'
import { readText } from '../system/files.ts'
import { gitSettings } from '../system/git.ts'
import * as runner from '../system/runner.ts'

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
  const variables = environment()
  maskAll([
    ...goSettingForms((name) => given[name] ?? ''),
    ...goproxyLogins(base).flatMap(loginForms),
    ...goSettingForms(lookAtSettings(variables)),
    ...environmentForms(variables),
  ])
}

/** Hides what addresses and headers in git's configuration hold: git and Go show the address that a rule leads to. */
export async function maskGitSettings(directory: string): Promise<void> {
  maskAll(gitSettingForms(await gitSettings(directory, gitKeys)))
}

/** Hides what the Go that runs has as its own defaults, as a company's image may. */
export function maskGoDefaults({ env }: Go): void {
  const defaults = parseGoEnvFile(readText(path.join(env.GOROOT ?? '', 'go.env')) ?? '')
  maskAll(goSettingForms((name) => defaults.get(name) ?? ''))
}

function maskAll(secrets: readonly string[]): void {
  for (const secret of new Set(secrets)) runner.mask(secret)
}
