/** In which forms a password shows up in a log. */

/** Who somebody is to a server. */
export interface Login {
  /** As it was written; empty where a token stands alone. */
  readonly user: string
  /** As it was written, which may be percent-encoded. */
  readonly password: string
}

/** Shorter words are in too many other words, and no secret to anyone. */
const shortest = 3

/** What stands for the user beside a token, or for the password behind one (docs.github.com, docs.gitlab.com). */
const noSecrets = ['git', 'oauth2', 'x-access-token', 'x-token-auth', 'x-oauth-basic', 'x', 'anonymous']

/**
 * Every form in which a login could come up in a log: the password as it was written, decoded, percent-encoded as JavaScript, Go
 * and URLs do it, in JSON, and in base64, alone and behind its user (RFC 7617). A token may stand in the place of the user.
 */
export function loginForms({ user, password }: Login): readonly string[] {
  const isToken = password === '' || noSecrets.includes(password.toLowerCase())
  const secret = isToken ? user : password
  if (secret.length < shortest || noSecrets.includes(secret.toLowerCase())) return []
  const pairs = [`${user}:${password}`, `${decoded(user)}:${decoded(password)}`]
  const written = [secret, decoded(secret)]
  const all = [
    ...written,
    ...written.flatMap(percentForms),
    ...written.map((text) => JSON.stringify(text).slice(1, -1)),
    ...[...written, ...pairs].map((text) => Buffer.from(text).toString('base64')),
  ]
  return [...new Set(all)]
}

/** The same for a secret without a user. */
export function secretForms(secret: string): readonly string[] {
  return loginForms({ user: '', password: secret })
}

/** A shorter name without a password is that of an account, as in https://acme@dev.azure.com, and in every other line. */
const shortestToken = 20

/**
 * The login in an address of any scheme, such as that of a forward proxy. Everything before the last `@` counts, so that a
 * password with an unencoded `@` or `/` is found, too.
 *
 * @returns undefined where there is none, or an account's name alone
 */
export function addressLogin(text: string): Login | undefined {
  const [, scheme = '', rest = ''] = /^\s*([a-z][a-z\d+.-]*:\/\/)?(.*)$/isu.exec(text) ?? []
  const at = rest.lastIndexOf('@')
  if (at === -1) return undefined
  const [user = '', ...password] = rest.slice(0, at).split(':')
  const isToken = /^https?:/i.test(scheme) && user.length >= shortestToken
  if (password.length === 0 && !isToken) return undefined
  return { user, password: password.join(':') }
}

/** The login in a header such as `AUTHORIZATION: basic eDp5`, which git sends where `http.extraHeader` says so. */
export function headerForms(header: string): readonly string[] {
  const [, scheme = '', token = ''] = /authorization:\s*(?:(\w+)\s+)?(\S+)/i.exec(header) ?? []
  if (token === '') return []
  const [user = '', ...password] = Buffer.from(token, 'base64').toString('utf8').split(':')
  const isBasic = scheme.toLowerCase() === 'basic' && password.length > 0
  return [...secretForms(token), ...(isBasic ? loginForms({ user, password: password.join(':') }) : [])]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that stands for itself.
    return text
  }
}

/** JavaScript leaves `!'()*` as they are, Go `$&+,;=` in a password (net/url, shouldEscape), and an URL others. */
function percentForms(text: string): readonly string[] {
  const component = wellFormed(() => encodeURIComponent(text)) ?? text
  const strict = component.replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  const go = strict.replaceAll(/%(?:24|26|2B|2C|3B|3D)/g, (one) => decodeURIComponent(one))
  const url = new URL('https://host.invalid')
  url.password = text
  const lower = [component, strict].map((one) => one.replaceAll(/%../g, (two) => two.toLowerCase()))
  return [component, strict, go, url.password, ...lower]
}

function wellFormed(encode: () => string): string | undefined {
  try {
    return encode()
  } catch {
    return undefined
  }
}
