/** The requests that failed, as the go command prints them. */
import { lineAt, moduleOf } from './explanation.ts'

/** What a server is to Go; a module host tells where the repository of a module path is. */
export type Role = 'module proxy' | 'checksum database' | 'module host'

/** One request of the go command that failed. */
export interface FailedRequest {
  readonly role: Role
  /** Host and port, or the folder of a file URL. */
  readonly host: string
  /** `path@version`, or the path alone; undefined when Go does not name it. */
  readonly module: string | undefined
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined
  /** What went wrong, in one line, such as `404 Not Found`. */
  readonly problem: string
}

/** `reading URL: 404 Not Found` (cmd/go/internal/web/api.go) or `Get "URL": dial tcp: …` (net/url, Error). */
const failed = /\breading (\w+:\/\/\S+): (.*)|\b(?:Get|Head|read) "(\w+:\/\/[^"]+)": (.*)/g

/** The failed requests in what the go command printed, in its order. */
export function failedRequests(text: string): readonly FailedRequest[] {
  return [...text.matchAll(failed)].map((match) => {
    const url = match[1] ?? match[3] ?? ''
    const problem = (match[2] ?? match[4] ?? '').trim()
    const status = match[1] === undefined ? undefined : /^\d{3}(?= )/.exec(problem)?.[0]
    return {
      role: roleOf(url),
      host: hostOf(url),
      module: moduleOf(lineAt(text, match.index)) ?? moduleOfPath(url),
      status: status === undefined ? undefined : Number(status),
      problem,
    }
  })
}

/** Paths of the module proxy protocol and of the checksum database (https://go.dev/ref/mod). */
function roleOf(url: string): Role {
  if (/[?&]go-get=1$/.test(url)) return 'module host'
  return /\/(?:lookup|tile)\/|\/latest$|\/supported$/.test(url) ? 'checksum database' : 'module proxy'
}

function hostOf(url: string): string {
  const [, scheme, host = '', path = ''] = /^(\w+):\/\/([^/?#]*)([^?#]*)/.exec(url) ?? []
  return scheme === 'file' ? path.replace(/\/[^/@]+\.[^/@]+(?:\/[^/]+)*\/@(?:v|latest)\b.*$/, '') : host
}

function moduleOfPath(url: string): string | undefined {
  return /^https?:\/\/([^?]+)\?go-get=1$/.exec(url)?.[1]
}
