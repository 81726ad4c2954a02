/** What of the settings of a job may be secret, wherever they come from. */
import { goauthSecrets } from './goauth.ts'
import { goproxyLogins } from './goproxy.ts'
import { addressLogin, headerForms, loginForms, secretForms } from './secret-forms.ts'

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
