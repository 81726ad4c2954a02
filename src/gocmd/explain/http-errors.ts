/**
 * Messages about downloads that fail: requests to module proxies, checksum databases and module hosts, downloads that
 * settings of the go command forbid, and stalled downloads. The message for a stall comes from gocmd/go-command.ts,
 * which stops the go command.
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

/** The explanation of a failed request. */
interface RequestFailure {
  readonly title: string
  /** The verb phrase after the name of the server. */
  readonly predicate: string
  /** The end of the sentence; empty when `predicate` is complete. */
  readonly problem: string
  readonly fix: string
}

/** Explains error responses of servers, and servers that do not respond. */
export const explainRequest: Explainer = (printed) => {
  const requests = failedRequests(printed.text)
  const [first] = requests
  if (first === undefined) return undefined
  const sameFailure = requests.filter((one) => one.host === first.host && one.status === first.status)
  const modules = [...new Set(sameFailure.flatMap(({ module }) => module ?? []))]
  const { title, predicate, problem, fix } = explainResponse(first, modules[0]) ?? explainNoResponse(first)
  const requested = modules.length === 0 ? '' : ` when Go requested ${listDistinct(modules)}`
  return {
    title,
    cause: `The ${first.role} ${first.host} ${predicate}${requested}${problem && `: ${problem}`}.${nextSource(first, printed.goproxy)}`,
    fix,
    places: modules.flatMap((name) =>
      moduleLocations(printed.files, 'require', moduleNamed(name), `${name}: ${title}`),
    ),
  }
}

/** The error for a missing file in a folder that GOPROXY names. */
const missingFile = /no such file or directory|cannot find the (?:file|path)/

function explainResponse(
  { role, host, status, problem }: FailedRequest,
  module: string | undefined,
): RequestFailure | undefined {
  const path = module === undefined ? 'MODULE' : moduleNamed(module).path
  const response = { predicate: `answered ${problem}`, problem: '' }
  if (missingFile.test(problem)) {
    return { ...notFound(role, host, path), predicate: 'has no file', problem: '' }
  }
  // A 407 comes from a forward proxy, not from the server.
  if (status === undefined || status === 407) return undefined
  if (isNotFound(status)) return { ...notFound(role, host, path), ...response }
  if (status === 401 || status === 403) {
    const rule =
      status === 403 && role === 'module proxy' ? ' If a rule of the proxy forbids it, ask its operator.' : ''
    return {
      title: `the ${role} refuses access`,
      ...response,
      fix: `Add credentials with read access to ${path} to the input \`credentials\`: \`${host} user \${{ secrets.PASSWORD }}\`, or \`${host} bearer:\${{ secrets.TOKEN }}\`.${rule}`,
    }
  }
  if (status === 429 || status >= 500)
    return { title: `the ${role} fails`, ...response, fix: rerunOrOtherProxy }
  return {
    title: `the ${role} answers with an error`,
    ...response,
    fix: `Check the output of ${effectiveSources}.`,
  }
}

function isNotFound(status: number | undefined): boolean {
  return status === 404 || status === 410
}

function notFound(role: Role, host: string, path: string): Pick<RequestFailure, 'title' | 'fix'> {
  switch (role) {
    case 'module proxy':
      return {
        title: 'module or version not found',
        fix: `Check path and version: \`go list -m -versions ${path}\` lists the available versions. If the module is private, set \`goprivate: ${path}\` and add its host to \`credentials\`, or set \`goproxy\` to a proxy that serves it.`,
      }
    case 'checksum database':
      return {
        title: 'module unknown to the checksum database',
        fix: `If the module is private, set \`gonosumdb: ${path}\`, or \`goprivate: ${path}\` if no proxy has it either. Otherwise check its path and version.`,
      }
    case 'module host':
      return {
        title: 'unknown module path',
        fix: `Check the path ${path}. If the module is private, add ${host} to \`credentials\`, or set \`goproxy\` to a proxy that serves it.`,
      }
  }
}

const effectiveSources = '`go env GOPROXY GOSUMDB`'

const rerunOrOtherProxy = 'Run the job again. If the error persists, set `goproxy` to another proxy.'

/** The fix for a certificate that is not trusted. */
export const trusted =
  'Set the input `ca-certificate` to its certificate authority. For Go on macOS and Windows, add it to the system’s store.'

const forwardProxy =
  'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: requests go through the proxy that they name.'

/** Messages of Go's net, net/http and crypto packages, including those of Windows; the first match wins. */
const connectionFailures: readonly (readonly [
  pattern: RegExp,
  title: string,
  predicate: string,
  fix: string,
])[] = [
  [
    /^proxyconnect |Proxy Authentication Required/,
    'the forward proxy does not let requests through',
    'cannot be reached through the forward proxy',
    forwardProxy,
  ],
  [
    /x509:|certificate/,
    'certificate not trusted',
    'presents a certificate that this machine does not trust',
    trusted,
  ],
  [
    /server gave HTTP response to HTTPS client/,
    'the server does not support TLS',
    'does not support TLS',
    'Write http:// for this server, such as in `goproxy`, or enable TLS on it.',
  ],
  [
    /no such host|name resolution|server misbehaving/i,
    'host name not found',
    'has a host name that does not resolve',
    `Check the host name in the output of ${effectiveSources}. ${forwardProxy}`,
  ],
  [
    /connection refused|actively refused/,
    'connection refused',
    'refused the connection',
    `Check that the server runs, and check host and port in the output of ${effectiveSources}.`,
  ],
  [
    /timeout|Timeout|deadline exceeded|timed out|did not properly respond/,
    'no answer in time',
    'did not answer in time',
    `Run the job again. ${forwardProxy}`,
  ],
  [
    /EOF|connection reset|forcibly closed|broken pipe|stream error|GOAWAY/,
    'connection lost',
    'dropped the connection',
    rerunOrOtherProxy,
  ],
  [
    /network is unreachable|no route to host|unreachable (?:network|host)/,
    'no network',
    'cannot be reached from this machine',
    `Give the job network access, or set \`goproxy\` to a reachable source. ${forwardProxy}`,
  ],
]

function explainNoResponse({ problem }: FailedRequest): RequestFailure {
  const [, title, predicate, fix] = connectionFailures.find(([pattern]) => pattern.test(problem)) ?? [
    undefined,
    'a download failed',
    'gave no usable answer',
    'Run the job again. If the error persists, check the output of `go mod download -x`.',
  ]
  return { title, predicate, problem, fix }
}

/** Explains why Go does not try the next source: after a comma only for 404 and 410 (https://go.dev/ref/mod). */
function nextSource({ role, host, status, problem }: FailedRequest, goproxy: string | undefined): string {
  const continues = isNotFound(status) || missingFile.test(problem)
  if (role !== 'module proxy' || goproxy === undefined || continues) return ''
  const start = goproxy.indexOf(host)
  const separator = start === -1 ? undefined : /[,|]/.exec(goproxy.slice(start + host.length))?.[0]
  return separator === ','
    ? ' Go did not try the next source in GOPROXY, because a comma precedes it. After a |, Go tries it on any error.'
    : ''
}

/** Explains GOPROXY=off (cmd/go/internal/modfetch/repo.go, errProxyOff). */
export const explainProxyOff: Explainer = ({ text, announced }) => {
  const lines = [...text.matchAll(/module lookup disabled by GOPROXY=off/g)].map(({ index }) =>
    lineAt(text, index),
  )
  if (lines.length === 0) return undefined
  // In errors about packages Go does not name the module, but its earlier `downloading` line does.
  const namedModules = lines.flatMap((line) => moduleOf(line) ?? [])
  const modules = namedModules.length === 0 ? announced : namedModules
  return {
    title: 'downloads are switched off',
    cause: `GOPROXY=off forbids downloads, and the module cache does not contain ${modules.length === 0 ? 'a required module' : listDistinct(modules)}.`,
    fix: 'Set `goproxy` to a source of modules, or run `go mod download` beforehand.',
    places: [],
  }
}

/** Explains passwords for http (cmd/go/internal/web/http.go). */
export const explainInsecureCredentials: Explainer = ({ text }) => {
  const host = /refusing to pass credentials to insecure URL: \w+:\/\/([^/\s]+)/.exec(text)?.[1]
  if (host === undefined) return undefined
  return {
    title: 'credentials need https',
    cause: `GOPROXY has a user and password for ${host}, but Go does not send them over http.`,
    fix: `Write https:// for ${host} in \`goproxy\`, or remove the user and password.`,
    places: [],
  }
}

/** Returns the line that this action adds to the output of a stalled go command. */
export function stalledText(seconds: number): string {
  return `go-deps-action: stopped go, because it was inactive for ${seconds} s`
}

/** Explains a stall: a server accepted the connection and then sent nothing. */
export const explainStalled: Explainer = ({ text, announced, goproxy }) => {
  const seconds = /^go-deps-action: stopped go, because it was inactive for ([\d.]+) s$/m.exec(text)?.[1]
  if (seconds === undefined) return undefined
  const modules = announced.length === 0 ? '' : ` while it downloaded ${listDistinct(announced)}`
  const sources =
    goproxy === undefined || goproxy === '' ? 'the sources that `go env GOPROXY` shows' : goproxy
  return {
    title: 'the module proxy hangs',
    cause: `Go received nothing for ${seconds} s${modules} from ${sources}.`,
    fix: 'Run the job again. If the error persists, find the silent server with `go mod download -x`, and set `goproxy` to another one.',
    places: [],
  }
}
