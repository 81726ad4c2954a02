import * as path from 'node:path'
import type { Credential } from '../modules/settings/credentials.ts'
import { environment, nodeProgram, platform } from '../system/environment.ts'
import { readText, writePrivateFile } from '../system/files.ts'
import { gitConfig, helperAnswer, netrc } from './credential-texts.ts'
import { gitSetting } from './git-setting.ts'
import { goauthCommand, goauthProgram } from './goauth-program.ts'

/** Variables that lead git and the go command to credentials: they hold paths, never secrets. */
export type CredentialVariables = Readonly<Record<string, string>>

/**
 * Writes credentials into a private folder, as git and the go command read them.
 *
 * @param credentials what opens which addresses
 * @param folder absolute path of an empty folder that nobody else may read
 * @param home absolute path of the user's home; empty where there is none
 * @param goauth GOAUTH as it will be; empty when it is not set
 * @returns variables to set, merged with what is set already
 */
export function placeCredentials(
  credentials: readonly Credential[],
  { folder, home, goauth }: { readonly folder: string; readonly home: string; readonly goauth: string },
): CredentialVariables {
  const at = (name: string) => path.join(folder, name)
  const basic = credentials.filter(({ user }) => user !== undefined)
  const bearers = credentials.filter(({ user }) => user === undefined)
  for (const [index, credential] of basic.entries()) {
    writePrivateFile(at(`answer-${index}`), helperAnswer(credential))
  }
  writePrivateFile(
    at('gitconfig'),
    gitConfig(basic, (index) => at(`answer-${index}`)),
  )
  writePrivateFile(at('netrc'), netrc(basic, usualNetrc(home)))
  const asked = withNetrc(goauth)
  const variables = { ...gitSetting('include.path', at('gitconfig')), NETRC: at('netrc') }
  if (bearers.length === 0) return { ...variables, ...(asked === goauth ? {} : { GOAUTH: asked }) }
  // Its name keeps Node from reading it as what some package.json above says.
  writePrivateFile(at('goauth.cjs'), goauthProgram(bearers))
  const command = goauthCommand([nodeProgram(), at('goauth.cjs')])
  return { ...variables, GOAUTH: `${command}; ${asked || 'netrc'}` }
}

/** The go command looks into a netrc file unless GOAUTH says otherwise; `off` is somebody's wish (go help goauth). */
function withNetrc(goauth: string): string {
  const commands = goauth.split(';').map((command) => command.trim())
  const isAsked = goauth === '' || commands.includes('netrc') || commands.includes('off')
  return isAsked ? goauth : `netrc; ${goauth}`
}

/** The text of the one that the go command reads (cmd/go/internal/auth/netrc.go); empty where there is none. */
function usualNetrc(home: string): string {
  const { NETRC } = environment()
  if (NETRC !== undefined && NETRC !== '') return readText(NETRC) ?? ''
  if (home === '') return ''
  const legacy = platform() === 'win32' ? readText(path.join(home, '_netrc')) : undefined
  return legacy ?? readText(path.join(home, '.netrc')) ?? ''
}
