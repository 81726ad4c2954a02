/** GOPROXY: the sources of modules, and the secret parts of their addresses. */

import type { Setting } from './module-patterns.ts'
import type { Login } from './secret-forms.ts'

/**
 * Checks a text for GOPROXY (cmd/go/internal/modfetch/proxy.go, proxyList and newProxyRepo; Go's net/url).
 *
 * It is stricter than Go where Go silently accepts a mistake: Go adds `https://` to an address without scheme, takes
 * blanks and `;` as part of an address, and ignores sources after `off` or `direct`.
 *
 * @param text sources separated by `,`, `|` or line breaks, which count as `,`; empty means that GOPROXY is not set
 * @returns the sources with their separators; without blanks, line breaks and empty sources
 */
export function readGoproxy(text: string): Setting {
  const { sources, separators } = splitSources(text)
  const shown = splitSources(redactedGoproxy(text)).sources
  if (sources.length === 0) return text.trim() === '' ? { value: '' } : { fault: 'it holds only separators' }
  if (sources.length !== shown.length) {
    const index = sources.findIndex((source, at) => redactedGoproxy(source) !== shown[at])
    return {
      fault:
        `element ${index + 1} ("${shown[index] ?? ''}") holds a separator before its \`@\`: each address needs its own ` +
        '`https://`, and in a user name or password a comma is written as %2C, a bar as %7C',
    }
  }
  for (const [index, source] of sources.entries()) {
    const fault = sourceFault(source, shown[index] ?? '', index === sources.length - 1)
    if (fault !== undefined) return { fault: `element ${index + 1} ("${shown[index]}") ${fault}` }
    if (separators[index]?.includes(',') && separators[index].includes('|')) {
      return { fault: `both \`,\` and \`|\` follow element ${index + 1} ("${shown[index]}"): use one` }
    }
  }
  const ends = separators.map((separator) => (separator.includes('|') ? '|' : ','))
  const value = sources.map((source, index) => {
    const end = index < sources.length - 1 ? ends[index] : ''
    return source.replace(/^[a-z]+(?=:\/\/)/i, (scheme) => scheme.toLowerCase()) + end
  })
  return { value: value.join('') }
}

/**
 * Redacts the secrets of a text, for logs: `***` replaces user name and password, and queries. It accepts any text,
 * well-formed or not. To be safe, it hides everything before the last `@` of an address.
 */
export function redactedGoproxy(text: string): string {
  return splitAddresses(text)
    .map(({ scheme, path, secret, rest }) => {
      const hidden = secret === undefined ? '' : '***'
      return scheme + path + hidden + rest.replaceAll(/([?#])[^\s,|;]*/g, '$1***')
    })
    .join('')
}

/** Returns the logins in a text for GOPROXY or GOSUMDB, as written; a token without user counts as a password. */
export function goproxyLogins(text: string): readonly Login[] {
  return splitAddresses(text).flatMap(({ secret }) => {
    if (secret === undefined) return []
    const colon = secret.indexOf(':')
    return [{ user: secret.slice(0, Math.max(0, colon)), password: secret.slice(colon + 1) }]
  })
}

/**
 * Returns what Go refuses or misreads in the address of a module proxy or checksum database (net/url, Parse;
 * cmd/go/internal/web/http.go, get). newProxyRepo must accept a `file` address.
 *
 * @param url an address without blanks
 * @returns a clause that follows the name of the address and shows no secret; undefined for a valid one
 */
export function urlFault(url: string): string | undefined {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/isu.exec(url) ?? []
  if (scheme === '') return schemeFault(url)
  if (/\p{Cc}/u.test(url)) return 'holds a control character'
  switch (scheme.toLowerCase()) {
    case 'file':
      return fileFault(rest)
    case 'http':
    case 'https':
      return userFault(scheme.toLowerCase(), rest) ?? serverFault(rest.slice(rest.lastIndexOf('@') + 1))
    default:
      return `has the scheme "${scheme}": Go accepts https, http and file`
  }
}

const SEPARATORS = /(\s*[,|\r\n][\s,|]*)/

function splitSources(text: string): { sources: readonly string[]; separators: readonly string[] } {
  // Separators at either end have no effect, because Go skips empty sources.
  const parts = text.replace(/^[\s,|]+|[\s,|]+$/g, '').split(SEPARATORS)
  return {
    sources: parts.filter((part, index) => index % 2 === 0 && part !== ''),
    separators: parts.filter((_, index) => index % 2 === 1),
  }
}

function sourceFault(source: string, shown: string, isLast: boolean): string | undefined {
  const word = source.toLowerCase()
  if (word === 'off' || word === 'direct') {
    if (source !== word) return `must be written "${word}"`
    return isLast ? undefined : 'must come last: Go ignores the sources after it'
  }
  for (const [sign, name] of [
    [/\s/, 'a blank'],
    [/;/, '`;`'],
  ] as const) {
    // A password may hold a semicolon.
    if (sign.test(shown)) return `holds ${name}: sources are separated by \`,\` or \`|\``
  }
  if (/\s/.test(source)) return 'holds a blank before its `@`: write it as %20'
  return urlFault(source)
}

function schemeFault(url: string): string {
  if (/^(?:[\\/]|[a-z]:[\\/])/i.test(url)) return 'is a path: write it as a URL such as "file:///directory"'
  if (/^(?:https?|file):/i.test(url)) return 'has no `//` after its scheme'
  if (!/[.:/]/.test(url)) return 'is not a URL, `off` or `direct`'
  return 'has no scheme: Go would use https, so write `https://` or `http://` in front'
}

function userFault(scheme: string, rest: string): string | undefined {
  const at = rest.lastIndexOf('@')
  if (at === -1) return undefined
  const user = rest.slice(0, at)
  if (!/^[\w.:~!$&'()*+,;=%@-]*$/.test(user) || hasBadEscape(user)) {
    return (
      'holds a character before its last `@` that must be percent-encoded, ' +
      'such as / (%2F), # (%23), ? (%3F) or % (%25); an `@` in the path is written as %40'
    )
  }
  if (scheme === 'http') return 'sends a user name or password over http, which Go refuses: use https'
  if (/^[^:]*:?$/.test(user)) {
    return 'has a user name without password: Go shows user names in errors, so put a token after a colon, as in "https://user:token@host"'
  }
  return undefined
}

/** @param rest what follows the user name and password */
function serverFault(rest: string): string | undefined {
  const [, server = '', tail = ''] = /^([^/?#]*)(.*)$/su.exec(rest) ?? []
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/su.exec(server) ?? []
  if (server === '') return 'has no host'
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= 65_535)) {
    return 'has a colon after its host, but no port number'
  }
  if (!isHost(host)) return 'has no valid host'
  if (/[?#]/.test(tail)) return 'has a query or fragment: the address of a proxy ends with its path'
  return hasBadEscape(tail) ? BAD_ESCAPE : undefined
}

function isHost(host: string): boolean {
  if (!host.startsWith('[')) return /^(?:[\w.~-]|[\u0080-\u{10ffff}]|%[89a-f][0-9a-f])+$/iu.test(host)
  return URL.canParse(`http://${host.replace(/%25.*(?=\]$)/, '')}/`)
}

function fileFault(rest: string): string | undefined {
  if (rest === '') return 'has no path'
  if (/^[a-z]:(?:[\\/]|$)/i.test(rest)) {
    return 'has a drive in place of a host: write three slashes, as in "file:///C:/directory"'
  }
  if (!rest.startsWith('/'))
    return 'has a host: a file address starts with three slashes and an absolute path'
  if (/^\/(?:~|\$|\.{1,2}(?:\/|$))/.test(rest))
    return 'has no absolute path: Go does not expand ~, variables or dots'
  if (/[?#]/.test(rest)) return 'has a query or fragment: in a path write ? as %3F and # as %23'
  return hasBadEscape(rest) ? BAD_ESCAPE : undefined
}

const BAD_ESCAPE = 'holds a % that does not start a percent-encoded character: write it as %25'

function hasBadEscape(text: string): boolean {
  return /%(?![0-9a-f]{2})/i.test(text)
}

/** An address of the text with everything before the next one. Only the first piece may have no scheme. */
type Piece = {
  readonly scheme: string
  /** The path of a file, which may hold an `@`. */
  readonly path: string
  /** The text before the last `@`, or after the colon of `https://user:password` if it cannot be a port. */
  readonly secret: string | undefined
  readonly rest: string
}

function splitAddresses(text: string): readonly Piece[] {
  return text.split(/(?<=^|[\s,|;])(?=(?:https?|file):\/\/)/i).map((piece) => {
    const [, scheme = '', path = '', tail = ''] =
      /^((?:(?:https?|file):\/\/)?)((?<=file:\/\/)\/[^\s,|;]*)?(.*)$/isu.exec(piece) ?? []
    const at = tail.lastIndexOf('@')
    if (at !== -1) return { scheme, path, secret: tail.slice(0, at), rest: tail.slice(at) }
    const user = scheme === '' ? null : /^([^\s,|;:/?#[]*:)(?!\d*(?:[\s,|;/?#]|$))([^\s,|;]*)/.exec(tail)
    if (user === null) return { scheme, path, secret: undefined, rest: tail }
    const [all, name = '', secret] = user
    return { scheme: scheme + name, path, secret, rest: tail.slice(all.length) }
  })
}

/** Whether GOPROXY names only folders, so that Go downloads nothing over a network. */
export function usesOnlyFolders(text: string): boolean {
  const sources = text.split(/[,|]/).map((source) => source.trim())
  return (
    sources.some((source) => source.startsWith('file:')) &&
    sources.every((source) => /^(?:file:.*|off|)$/.test(source))
  )
}
