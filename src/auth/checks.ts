import type { Problem } from '../errors.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { matchesModulePatterns } from '../gosettings/module-patterns.ts'
import type { Credential } from '../inputs/credentials.ts'

/** The first Go that asks programs for credentials, and looks for them by path (https://go.dev/doc/go1.24). */
const first = '1.24'

/**
 * Compares `credentials` with what this Go can do with them for its own requests, which are those to module proxies and
 * for pages that tell where a repository is. git is not concerned.
 *
 * @param version the Go that fetches, such as `go1.26.0`
 * @param goproxy GOPROXY as it will be
 */
export function credentialRequirements(
  credentials: readonly Credential[],
  version: string,
  goproxy: string,
): { readonly problems: readonly Problem[]; readonly warnings: readonly string[] } {
  if (compareGoVersions(version, first) >= 0) return { problems: [], warnings: [] }
  const proxies = new Set(goproxy.split(/[,|]/).flatMap((source) => hostOf(source.trim()) ?? []))
  const bearers = credentials.filter(({ user }) => user === undefined)
  const unseen = credentials.filter(
    ({ user, host, path }) => user !== undefined && path !== '' && proxies.has(host),
  )
  return {
    problems: bearers.map(({ line }) => ({
      what: `Input \`credentials\` has a bearer token in line ${line}, and ${version} cannot send it: Go ${first} is the first that can`,
      allowed: '',
      fix: `Use Go ${first} or newer, or a user and a password if the server takes them.`,
    })),
    warnings: unseen.map(
      ({ line, host }) =>
        `Input \`credentials\` has a path in line ${line}, and ${version} finds credentials for GOPROXY by host alone: it gets none for ${host}. Leave the path out, or use Go ${first} or newer.`,
    ),
  }
}

/**
 * Refuses passwords for servers that are reached over http: the go command sends none there, for everybody on the way could
 * read them (cmd/go/internal/web/http.go; cmd/go/internal/auth), so each request would be refused.
 *
 * @param settings what GOPROXY and GOSUMDB will be
 */
export function insecureServerProblems(
  credentials: readonly Credential[],
  settings: Readonly<Record<'GOPROXY' | 'GOSUMDB', string>>,
): readonly Problem[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const servers = [...value.matchAll(/(?<=^|[\s,|])http:\/\/(?:([^\s,|]*)@)?([^\s,|/?#]+)/gi)]
    return servers.flatMap(([, login, host = '']): Problem[] => {
      if (login !== undefined) return [insecure(`${name} has a user or a password for ${host}`, name)]
      // On another port there is another server, which the line may be for.
      const named = credentials.filter((one) => one.host === host.toLowerCase().replace(/:80$/, ''))
      return named
        .slice(0, 1)
        .map(({ line }) => insecure(`Input \`credentials\` names ${host} in line ${line}`, name))
    })
  })
}

function insecure(what: string, name: string): Problem {
  return {
    what: `${what}, and ${name} reaches it over http, where Go sends no password`,
    allowed: '',
    fix: `Write https:// for it in ${name}, or take the password away if that server wants none.`,
  }
}

/** Host and port of a proxy, as credentials name it; undefined for `direct`, `off` and files. */
function hostOf(source: string): string | undefined {
  return /^https:\/\/(?:[^/]*@)?([^/?#]+)/i.exec(source)?.[1]?.toLowerCase()
}

const shown = 5

/**
 * What is fetched by ssh and is no private module to Go all the same, as a warning: then Go asks the module proxy and the
 * checksum database about it, which tells them its name, and fails when the latter does not know it.
 *
 * @param addresses what keys are for
 * @param settings what a variable is set to, once the inputs have been heard
 * @returns one sentence, or none
 */
export function sshWarnings(
  addresses: readonly { readonly host: string; readonly path: string }[],
  settings: (name: string) => string,
): readonly string[] {
  if (/^(?:direct|off)\b/.test(settings('GOPROXY'))) return []
  const patterns = settings('GONOPROXY') || settings('GOPRIVATE')
  const asked = addresses
    .map(({ host, path }) => [host.replace(/:\d+$/, ''), ...(path === '' ? [] : [path])].join('/'))
    .filter((address) => !overlap(patterns, address))
  if (asked.length === 0) return []
  const more = asked.length > shown ? ` and ${asked.length - shown} more` : ''
  return [
    `\`ssh-private-key\` has a key for ${asked.slice(0, shown).join(', ')}${more}, which GOPRIVATE does not name: the module proxy and the checksum database are asked about it. Name it in \`goprivate\`.`,
  ]
}

/** Whether modules at an address, or below it, may match a pattern, which may have more elements or less. */
function overlap(patterns: string, address: string): boolean {
  const elements = address.split('/')
  return patterns.split(',').some((text) => {
    const pattern = text.trim().replace(/\/$/, '').split('/').slice(0, elements.length)
    return matchesModulePatterns(pattern.join('/'), elements.slice(0, pattern.length).join('/'))
  })
}
