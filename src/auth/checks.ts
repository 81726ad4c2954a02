import type { Problem } from '../errors.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import type { Credential } from '../inputs/index.ts'

/** The first Go that runs GOAUTH commands and matches credentials by path (https://go.dev/doc/go1.24). */
const firstWithGoauth = '1.24'

/**
 * Checks whether this Go can use `credentials` for its own requests. These go to module proxies and to pages that name
 * a repository's location. Git's requests are not affected.
 *
 * @param version the Go that fetches, such as `go1.26.0`
 * @param goproxy the effective GOPROXY
 */
export function credentialRequirements(
  credentials: readonly Credential[],
  version: string,
  goproxy: string,
): { readonly problems: readonly Problem[]; readonly warnings: readonly string[] } {
  if (compareGoVersions(version, firstWithGoauth) >= 0) return { problems: [], warnings: [] }
  const proxies = new Set(goproxy.split(/[,|]/).flatMap((source) => hostOf(source.trim()) ?? []))
  const bearerTokens = credentials.filter(({ user }) => user === undefined)
  const ignored = credentials.filter(
    ({ user, host, path }) => user !== undefined && path !== '' && proxies.has(host),
  )
  return {
    problems: bearerTokens.map(({ line }) => ({
      what: `Input \`credentials\` has a bearer token in line ${line}, but ${version} cannot send it`,
      allowed: '',
      fix: `Use Go ${firstWithGoauth} or newer, or a user and a password if the server accepts them.`,
    })),
    warnings: ignored.map(
      ({ line, host }) =>
        `Input \`credentials\` has a path in line ${line}, but ${version} looks up credentials for GOPROXY only by host: it sends none to ${host}. Remove the path, or use Go ${firstWithGoauth} or newer.`,
    ),
  }
}

/**
 * Rejects passwords for servers that are reached over http. The go command sends none there, because the connection is
 * not encrypted (cmd/go/internal/web/http.go; cmd/go/internal/auth). The server would refuse each request.
 *
 * @param settings the effective GOPROXY and GOSUMDB
 */
export function insecureServerProblems(
  credentials: readonly Credential[],
  settings: Readonly<Record<'GOPROXY' | 'GOSUMDB', string>>,
): readonly Problem[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const servers = [...value.matchAll(/(?<=^|[\s,|])http:\/\/(?:([^\s,|]*)@)?([^\s,|/?#]+)/gi)]
    return servers.flatMap(([, login, host = '']): Problem[] => {
      if (login !== undefined) return [insecure(`${name} has a user or a password for ${host}`, name)]
      // Another port is another server, and the line may be meant for that one.
      const named = credentials.filter((one) => one.host === host.toLowerCase().replace(/:80$/, ''))
      return named
        .slice(0, 1)
        .map(({ line }) => insecure(`Input \`credentials\` names ${host} in line ${line}`, name))
    })
  })
}

function insecure(what: string, name: string): Problem {
  return {
    what: `${what}, but ${name} uses http, and Go sends no password over http`,
    allowed: '',
    fix: `Write https:// for it in ${name}, or remove the password if that server needs none.`,
  }
}

/** Returns host and port of a proxy, as credentials name it; undefined for `direct`, `off` and files. */
function hostOf(source: string): string | undefined {
  return /^https:\/\/(?:[^/]*@)?([^/?#]+)/i.exec(source)?.[1]?.toLowerCase()
}
