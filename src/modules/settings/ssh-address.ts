/** Addresses that ssh keys open: `github.com/acme/lib`, `ssh://git@git.example.com:2222/team`. */

/** Where git connects to by ssh. */
export interface SshServer {
  readonly user: string
  readonly host: string
  /** Empty for the one that ssh takes by itself. */
  readonly port: string
  /** What repositories' paths begin with there, without slashes around it and `.git`; empty for all. */
  readonly path: string
}

/** What is fetched from a server by ssh, instead of by https. */
export interface SshAddress {
  /** In lower case, with its port where the address for https has one. */
  readonly host: string
  /** What the path of an address for https has to begin with, as in `SshServer`. */
  readonly path: string
  readonly server: SshServer
}

/**
 * Reads what stands above a key: an address as module paths have it, an ssh address, or both.
 *
 * @param text one line, without blanks around it
 * @returns what is wrong, in words that follow the line's number and hold nothing of it: it may be part of a key
 */
export function readSshAddress(text: string): SshAddress | string {
  const [first = '', second, ...more] = text.split(/[ \t]+/)
  if (more.length > 0) return `has ${more.length + 2} words, and an address has one or two`
  if (/^ssh:\/\//i.test(first)) {
    if (second !== undefined) return 'has an ssh address in front of its second word'
    const server = readServer(first)
    return typeof server === 'string' ? server : { host: server.host, path: server.path, server }
  }
  if (/^[\w.+-]+@[\w.-]+:/.test(first)) {
    return 'has an address with `@` and `:`, as git knows it: write it as `host/path`, or as `ssh://user@host/path`'
  }
  const place = readPlace(first.replace(/^https:\/\//i, ''))
  if (place === undefined) return 'is neither a host with a path nor part of a key'
  const { host, path } = place
  if (second === undefined) {
    return host.includes(':')
      ? 'has a port: write `ssh://user@host:port/path` for a port of ssh'
      : { host, path, server: { user: 'git', host, port: '', path } }
  }
  if (!/^ssh:\/\//i.test(second)) return 'has a second word that does not begin with ssh://'
  const server = readServer(second)
  if (typeof server === 'string') return server
  return { host, path, server: { ...server, path: server.path === '' ? path : server.path } }
}

function readServer(text: string): SshServer | string {
  const [, user = 'git', rest = ''] = /^ssh:\/\/(?:([^@/]*)@)?(.*)$/i.exec(text) ?? []
  // A user of another form could be an option to ssh.
  if (!/^[\w.+][\w.+-]*$/.test(user)) return 'has a user in its ssh address that is none'
  const place = readPlace(rest)
  if (place === undefined) return 'has an ssh address that is none'
  const [host = '', port = ''] = place.host.split(':')
  if (Number(port) > 65_535) return 'has a port in its ssh address that is none'
  return { user, host, port: port === '22' ? '' : port, path: place.path }
}

function readPlace(text: string): { readonly host: string; readonly path: string } | undefined {
  const [, host = '', path = ''] = /^([^/]*)\/?(.*?)\/*$/.exec(text) ?? []
  const isHost = /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*(?::\d{1,5})?$/i.test(host)
  // A word that stands alone is no host: that has a dot, or is this machine.
  if (!isHost || !/^[^:]*\.|^localhost(?::|$)/.test(host)) return undefined
  if (!/^[\w.~%+-]*(?:\/[\w.~%+-]+)*$/.test(path)) return undefined
  return { host: host.toLowerCase(), path: path.replace(/\.git$/, '') }
}
