/**
 * Messages about downloads that fail: requests to module proxies, checksum databases and module hosts, downloads that
 * settings of the go command forbid, and stalled downloads. The message for a stall comes from gocmd/go-command.ts,
 * which ends the go command.
 */

import { type Explainer, lineAt, listDistinct, moduleLocations, moduleNamed, moduleOf } from './message.ts'

/** The role of a server for Go; a module host names the repository of a module path. */
type Role = 'module proxy' | 'checksum database' | 'module host'

/** One request of the go command that failed. */
interface FailedRequest {
  readonly role: Role
  /** Host and port, or the folder of a file URL. */
  readonly host: string
  /** `path@version`, or the path alone; undefined when Go does not name it. */
  readonly module: string | undefined
  /** The HTTP status; undefined when there was no response. */
  readonly status: number | undefined
  /** The problem in one line, such as `404 Not Found`. */
  readonly problem: string
}

/** `reading URL: 404 Not Found` (cmd/go/internal/web/api.go) or `Get "URL": dial tcp: …` (net/url, Error). */
const failed = /\breading (\w+:\/\/\S+): (.*)|\b(?:Get|Head|read) "(\w+:\/\/[^"]+)": (.*)/g

/** Returns the failed requests in the output of the go command, in its order. */
function failedRequests(text: string): readonly FailedRequest[] {
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

/** Returns the role of a server by the path: of a module proxy or of a checksum database (https://go.dev/ref/mod). */
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

/** The text about a failed request. */
interface Finding {
  readonly title: string
  /** Follows the name of the server. */
  readonly did: string
  /** The end of the sentence; empty when `did` is complete. */
  readonly problem: string
  readonly fix: string
}

/** Explains error responses of servers, and servers that do not respond. */
export const explainRequest: Explainer = (printed) => {
  const requests = failedRequests(printed.text)
  const [first] = requests
  if (first === undefined) return undefined
  const alike = requests.filter((one) => one.host === first.host && one.status === first.status)
  const modules = [...new Set(alike.flatMap(({ module }) => module ?? []))]
  const { title, did, problem, fix } = answered(first, modules[0]) ?? unanswered(first)
  const asked = modules.length === 0 ? '' : ` when asked for ${listDistinct(modules)}`
  return {
    title,
    cause: `The ${first.role} ${first.host} ${did}${asked}${problem && `: ${problem}`}.${nextSource(first, printed.goproxy)}`,
    fix,
    places: modules.flatMap((name) =>
      moduleLocations(printed.files, 'require', moduleNamed(name), `${name}: ${title}`),
    ),
  }
}

/** The error for a missing file in a folder that GOPROXY names. */
const noFile = /no such file or directory|cannot find the (?:file|path)/

function answered(
  { role, host, status, problem }: FailedRequest,
  module: string | undefined,
): Finding | undefined {
  const path = module === undefined ? 'MODULE' : moduleNamed(module).path
  const answer = { did: `answered ${problem}`, problem: '' }
  if (noFile.test(problem)) {
    return { ...absent(role, host, path), did: 'has no file', problem: '' }
  }
  // A 407 comes from a forward proxy, not from the server.
  if (status === undefined || status === 407) return undefined
  if (isAbsent(status)) return { ...absent(role, host, path), ...answer }
  if (status === 401 || status === 403) {
    const rule =
      status === 403 && role === 'module proxy' ? ' If a rule of the proxy forbids it, ask who runs it.' : ''
    return {
      title: `the ${role} refuses access`,
      ...answer,
      fix: `Give Go credentials for ${host} that may read ${path}, by the input \`credentials\`: \`${host} user \${{ secrets.PASSWORD }}\`, or \`${host} bearer:\${{ secrets.TOKEN }}\`.${rule}`,
    }
  }
  if (status === 429 || status >= 500) return { title: `the ${role} fails`, ...answer, fix: again }
  return { title: `the ${role} answers with an error`, ...answer, fix: `Check what ${shown}.` }
}

function isAbsent(status: number | undefined): boolean {
  return status === 404 || status === 410
}

function absent(role: Role, host: string, path: string): Pick<Finding, 'title' | 'fix'> {
  switch (role) {
    case 'module proxy':
      return {
        title: 'module or version not found',
        fix: `Check path and version: \`go list -m -versions ${path}\` shows what there is. If the module is private, set \`goprivate: ${path}\` and give \`credentials\` for its host, or set \`goproxy\` to a proxy that serves it.`,
      }
    case 'checksum database':
      return {
        title: 'module unknown to the checksum database',
        fix: `If the module is private, set \`gonosumdb: ${path}\`, or \`goprivate: ${path}\` if no proxy has it either; else check its path and version.`,
      }
    case 'module host':
      return {
        title: 'unknown module path',
        fix: `Check the path ${path}. If the module is private, give \`credentials\` for ${host}, or set \`goproxy\` to a proxy that serves it.`,
      }
  }
}

const shown = '`go env GOPROXY GOSUMDB` shows'

const again = 'Run the job again; if it stays, set `goproxy` to another proxy.'

/** The fix for a certificate that is not trusted. */
export const trusted =
  'Give its certificate authority to the input `ca-certificate`; for Go on macOS and Windows put it into the system’s store.'

const forwardProxy =
  'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: requests go through the proxy that they name.'

/** Messages of Go's net, net/http and crypto packages, including those of Windows; the first match wins. */
const failures: readonly (readonly [pattern: RegExp, title: string, did: string, fix: string])[] = [
  [
    /^proxyconnect |Proxy Authentication Required/,
    'the forward proxy does not let requests through',
    'cannot be reached through the forward proxy',
    forwardProxy,
  ],
  [
    /x509:|certificate/,
    'certificate not trusted',
    'shows a certificate that this machine does not trust',
    trusted,
  ],
  [
    /server gave HTTP response to HTTPS client/,
    'the server speaks no TLS',
    'does not speak TLS',
    'Write http:// for this server, such as in `goproxy`, or give it a certificate.',
  ],
  [
    /no such host|name resolution|server misbehaving/i,
    'host name not found',
    'has a name that leads to no address',
    `Check the name in what ${shown}. ${forwardProxy}`,
  ],
  [
    /connection refused|actively refused/,
    'connection refused',
    'refused the connection',
    `See that it runs, and check host and port in what ${shown}.`,
  ],
  [
    /timeout|Timeout|deadline exceeded|timed out|did not properly respond/,
    'no answer in time',
    'did not answer in time',
    `Run the job again. If it stays: ${forwardProxy}`,
  ],
  [
    /EOF|connection reset|forcibly closed|broken pipe|stream error|GOAWAY/,
    'the connection broke',
    'broke the connection off',
    again,
  ],
  [
    /network is unreachable|no route to host|unreachable (?:network|host)/,
    'no network',
    'cannot be reached from this machine',
    `Give the job a network, or \`goproxy\` a source that can be reached. ${forwardProxy}`,
  ],
]

function unanswered({ problem }: FailedRequest): Finding {
  const [, title, did, fix] = failures.find(([pattern]) => pattern.test(problem)) ?? [
    undefined,
    'a download failed',
    'gave no usable answer',
    'Run the job again; if it stays, see what Go prints with `go mod download -x`.',
  ]
  return { title, did, problem, fix }
}

/** Explains whether Go tries the next source: after a comma only for 404 and 410 (https://go.dev/ref/mod). */
function nextSource({ role, host, status, problem }: FailedRequest, goproxy: string | undefined): string {
  const goesOn = isAbsent(status) || noFile.test(problem)
  if (role !== 'module proxy' || goproxy === undefined || goesOn) return ''
  const asked = goproxy.indexOf(host)
  const separator = asked === -1 ? undefined : /[,|]/.exec(goproxy.slice(asked + host.length))?.[0]
  return separator === ','
    ? ' Go did not ask the next source in GOPROXY, because a comma comes before it; after a | it would have.'
    : ''
}

/** Explains GOPROXY=off (cmd/go/internal/modfetch/repo.go, errProxyOff). */
export const explainProxyOff: Explainer = ({ text, announced }) => {
  const lines = [...text.matchAll(/module lookup disabled by GOPROXY=off/g)].map(({ index }) =>
    lineAt(text, index),
  )
  if (lines.length === 0) return undefined
  // In errors about packages Go does not name the module, but its earlier `downloading` line does.
  const named = lines.flatMap((line) => moduleOf(line) ?? [])
  const modules = named.length === 0 ? announced : named
  return {
    title: 'downloads are switched off',
    cause: `GOPROXY=off forbids downloads, and the module cache lacks ${modules.length === 0 ? 'a module' : listDistinct(modules)}.`,
    fix: 'Set `goproxy` to a source of modules, or fill the module cache before by `go mod download`.',
    places: [],
  }
}

/** Explains passwords for http (cmd/go/internal/web/http.go). */
export const explainInsecureCredentials: Explainer = ({ text }) => {
  const host = /refusing to pass credentials to insecure URL: \w+:\/\/([^/\s]+)/.exec(text)?.[1]
  if (host === undefined) return undefined
  return {
    title: 'credentials need https',
    cause: `GOPROXY has user and password for ${host}, and Go does not send them over http.`,
    fix: `Write https:// for ${host} in \`goproxy\`, or remove user and password.`,
    places: [],
  }
}

/** Returns the line that is added to the output of a stalled go command. */
export function stalledText(seconds: number): string {
  return `go-deps-action: go was ended, because it did nothing for ${seconds} s`
}

/** Explains a stall: a server accepted the connection and then sent nothing. */
export const explainStalled: Explainer = ({ text, announced, goproxy }) => {
  const seconds = /^go-deps-action: go was ended, because it did nothing for ([\d.]+) s$/m.exec(text)?.[1]
  if (seconds === undefined) return undefined
  const modules = announced.length === 0 ? '' : ` while it downloaded ${listDistinct(announced)}`
  const sources =
    goproxy === undefined || goproxy === '' ? 'the sources that `go env GOPROXY` shows' : goproxy
  return {
    title: 'the module proxy hangs',
    cause: `Go waited for ${seconds} s${modules}, and nothing arrived from ${sources}.`,
    fix: 'Run the job again. If it stays, see with `go mod download -x` which server is silent, and set `goproxy` to another one.',
    places: [],
  }
}
