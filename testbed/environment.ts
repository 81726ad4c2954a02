/**
 * What the machine says about certificates, proxies, git and the go command. The action sets most of it itself, so a test
 * that inherits it proves nothing: on a machine that sets GIT_SSL_CAINFO, a fault in what sets it stays hidden.
 */
const machineVariables =
  /^(?:SSL_|GIT_|GO[A-Z0-9]|GO_DOWNLOAD_BASE_URL$|GO_DEPS_WITHHELD$|NODE_EXTRA_CA_CERTS$)|_PROXY$/i

/** What a download needs on machines with a private certificate authority, a forward proxy or a module proxy. */
const downloadNames = [
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'NODE_EXTRA_CA_CERTS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'GOPROXY',
  'GOSUMDB',
  'GONOSUMDB',
  'GOFLAGS',
]

/** Holds what `hideMachineVariables` took away, as JSON. */
const keptVariable = 'MACHINE_VARIABLES'

type Variables = Readonly<Record<string, string | undefined>>

/** The names among some variables that no test may inherit. */
export function machineNames(environment: Variables): readonly string[] {
  return Object.keys(environment).filter(
    (name) => machineVariables.test(name) && environment[name] !== undefined,
  )
}

/**
 * Takes the machine's variables away from this process and its children, and keeps them for `downloadEnvironment`.
 *
 * @param environment changed in place
 */
export function hideMachineVariables(environment: Record<string, string | undefined> = process.env): void {
  const names = machineNames(environment)
  const hidden = Object.fromEntries(names.map((name) => [name, environment[name]]))
  environment[keptVariable] = JSON.stringify({ ...keptIn(environment), ...hidden })
  for (const name of names) delete environment[name]
}

/**
 * The variables that a download from outside this machine needs. Only what downloads gets them: the jobs of tests talk to
 * 127.0.0.1 and need none.
 *
 * @param environment the caller's
 */
export function downloadEnvironment(environment: Variables = process.env): Record<string, string> {
  const all = { ...environment, ...keptIn(environment) }
  const entries = downloadNames.map((name) => [name, all[name]] as const)
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => Boolean(entry[1])))
}

function keptIn(environment: Variables): Variables {
  return JSON.parse(environment[keptVariable] || '{}') as Variables
}
