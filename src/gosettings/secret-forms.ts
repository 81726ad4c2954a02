/** The forms in which a password may appear in a log. */

/** A user name and password for a server. */
export interface Login {
  /** As written; empty for a token without user. */
  readonly user: string
  /** As written, which may be percent-encoded. */
  readonly password: string
}

/** Minimum length of a masked secret: shorter ones are parts of too many words, and protect nothing. */
const minLength = 3

/** Placeholders for the user of a token, or for its password (docs.github.com, docs.gitlab.com). */
const placeholders = ['git', 'oauth2', 'x-access-token', 'x-token-auth', 'x-oauth-basic', 'x', 'anonymous']

/**
 * Returns every form in which a login may appear in a log. The password: as written, decoded, percent-encoded in the
 * way of JavaScript, Go and URLs, in JSON, and in base64, alone and with its user (RFC 7617). The user may be a token.
 */
export function loginForms({ user, password }: Login): readonly string[] {
  const isToken = password === '' || placeholders.includes(password.toLowerCase())
  const secret = isToken ? user : password
  if (secret.length < minLength || placeholders.includes(secret.toLowerCase())) return []
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

/** Returns every form in which a secret without a user may appear in a log. */
export function secretForms(secret: string): readonly string[] {
  return loginForms({ user: '', password: secret })
}

/** Minimum length of a token without user. A shorter name is an account's, as in https://acme@dev.azure.com. */
const minTokenLength = 20

/**
 * Returns the login in an address of any scheme, such as that of a forward proxy. It takes everything before the last
 * `@`, and so also finds a password with an unencoded `@` or `/`.
 *
 * @returns undefined without a login, or with an account name only
 */
export function addressLogin(text: string): Login | undefined {
  const [, scheme = '', rest = ''] = /^\s*([a-z][a-z\d+.-]*:\/\/)?(.*)$/isu.exec(text) ?? []
  const at = rest.lastIndexOf('@')
  if (at === -1) return undefined
  const [user = '', ...password] = rest.slice(0, at).split(':')
  const isToken = /^https?:/i.test(scheme) && user.length >= minTokenLength
  if (password.length === 0 && !isToken) return undefined
  return { user, password: password.join(':') }
}

/** Returns every form of the login in a header such as `AUTHORIZATION: basic eDp5`, as in git's `http.extraHeader`. */
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
    // The text holds a literal percent sign.
    return text
  }
}

/** Returns percent-encoded forms: JavaScript keeps `!'()*`, Go `$&+,;=` in a password (net/url, shouldEscape). */
function percentForms(text: string): readonly string[] {
  const component = encodeOrUndefined(() => encodeURIComponent(text)) ?? text
  const strict = component.replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  const go = strict.replaceAll(/%(?:24|26|2B|2C|3B|3D)/g, (one) => decodeURIComponent(one))
  const url = new URL('https://host.invalid')
  url.password = text
  const lower = [component, strict].map((one) => one.replaceAll(/%../g, (two) => two.toLowerCase()))
  return [component, strict, go, url.password, ...lower]
}

function encodeOrUndefined(encode: () => string): string | undefined {
  try {
    return encode()
  } catch {
    return undefined
  }
}
