/** Modules that cannot be downloaded: what module proxy and checksum database answered, or did not. */
import { type Explainer, moduleNamed, several } from './explanation.ts'
import { modulePlaces } from './places.ts'
import { type FailedRequest, failedRequests, type Role } from './requests.ts'

/** What is said of a failed request. */
interface Finding {
  readonly title: string
  /** Follows the name of the server. */
  readonly did: string
  /** Ends the sentence; empty when `did` says it all. */
  readonly problem: string
  readonly mend: string
}

/** Answers of servers that are no success, and servers that do not answer. */
export const explainRequest: Explainer = (printed) => {
  const requests = failedRequests(printed.text)
  const [first] = requests
  if (first === undefined) return undefined
  const alike = requests.filter((one) => one.host === first.host && one.status === first.status)
  const modules = [...new Set(alike.flatMap(({ module }) => module ?? []))]
  const { title, did, problem, mend } = answered(first, modules[0]) ?? unanswered(first)
  const asked = modules.length === 0 ? '' : ` when asked for ${several(modules)}`
  return {
    title,
    cause: `The ${first.role} ${first.host} ${did}${asked}${problem && `: ${problem}`}.${nextSource(first, printed.goproxy)}`,
    mend,
    places: modules.flatMap((name) =>
      modulePlaces(printed.files, 'require', moduleNamed(name), `${name}: ${title}`),
    ),
  }
}

/** In a folder that stands for a proxy. */
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
  // A 407 is no answer of the server's own.
  if (status === undefined || status === 407) return undefined
  if (isAbsent(status)) return { ...absent(role, host, path), ...answer }
  if (status === 401 || status === 403) {
    const rule =
      status === 403 && role === 'module proxy' ? ' If a rule of the proxy forbids it, ask who runs it.' : ''
    return {
      title: `the ${role} refuses access`,
      ...answer,
      mend: `Give Go credentials for ${host} that may read ${path}, by the input \`credentials\`: \`${host} user \${{ secrets.PASSWORD }}\`, or \`${host} bearer:\${{ secrets.TOKEN }}\`.${rule}`,
    }
  }
  if (status === 429 || status >= 500) return { title: `the ${role} fails`, ...answer, mend: again }
  return { title: `the ${role} answers with an error`, ...answer, mend: `Check what ${shown}.` }
}

function isAbsent(status: number | undefined): boolean {
  return status === 404 || status === 410
}

function absent(role: Role, host: string, path: string): Pick<Finding, 'title' | 'mend'> {
  switch (role) {
    case 'module proxy':
      return {
        title: 'module or version not found',
        mend: `Check path and version: \`go list -m -versions ${path}\` shows what there is. If the module is private, set \`goprivate: ${path}\` and give \`credentials\` for its host, or set \`goproxy\` to a proxy that serves it.`,
      }
    case 'checksum database':
      return {
        title: 'module unknown to the checksum database',
        mend: `If the module is private, set \`gonosumdb: ${path}\`, or \`goprivate: ${path}\` if no proxy has it either; else check its path and version.`,
      }
    case 'module host':
      return {
        title: 'unknown module path',
        mend: `Check the path ${path}. If the module is private, give \`credentials\` for ${host}, or set \`goproxy\` to a proxy that serves it.`,
      }
  }
}

const shown = '`go env GOPROXY GOSUMDB` shows'
const again = 'Run the job again; if it stays, set `goproxy` to another proxy.'
/** What to do about a certificate that is not trusted. */
export const trusted =
  'Give its certificate authority to the input `ca-certificate`; for Go on macOS and Windows put it into the system’s store.'
const forwardProxy =
  'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: requests go through the proxy that they name.'

/** Words of Go's net, net/http and crypto packages, Windows' own among them; the first that fits counts. */
const failures: readonly (readonly [pattern: RegExp, title: string, did: string, mend: string])[] = [
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
  const [, title, did, mend] = failures.find(([pattern]) => pattern.test(problem)) ?? [
    undefined,
    'a download failed',
    'gave no usable answer',
    'Run the job again; if it stays, see what Go prints with `go mod download -x`.',
  ]
  return { title, did, problem, mend }
}

/** Behind a comma Go asks the next source only when the module is not there (https://go.dev/ref/mod#goproxy-protocol). */
function nextSource({ role, host, status, problem }: FailedRequest, goproxy: string | undefined): string {
  const goesOn = isAbsent(status) || noFile.test(problem)
  if (role !== 'module proxy' || goproxy === undefined || goesOn) return ''
  const asked = goproxy.indexOf(host)
  const separator = asked === -1 ? undefined : /[,|]/.exec(goproxy.slice(asked + host.length))?.[0]
  return separator === ','
    ? ' Go did not ask the next source in GOPROXY, because a comma comes before it; after a | it would have.'
    : ''
}
