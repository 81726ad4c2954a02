/** The variables of `go env` that decide what a build makes (cmd/go/internal/work/exec.go, buildActionID). */
export const buildVariables = [
  'GOOS',
  'GOARCH',
  'GO386',
  'GOAMD64',
  'GOARM',
  'GOARM64',
  'GOMIPS',
  'GOMIPS64',
  'GOPPC64',
  'GORISCV64',
  'GOWASM',
  'GOEXPERIMENT',
  'GOFIPS140',
  'GOFLAGS',
  'GCCGO',
  'CGO_ENABLED',
  'CC',
  'CXX',
  'FC',
  'AR',
] as const

/** The variables of `go env` that say what Go this is and where it keeps its things. */
export const placeVariables = [
  'GOVERSION',
  'GOROOT',
  'GOHOSTOS',
  'GOHOSTARCH',
  'GOPATH',
  'GO111MODULE',
  'GOPROXY',
  'GOSUMDB',
  'GONOSUMDB',
  'GOMODCACHE',
  'GOCACHE',
  'GOCACHEPROG',
] as const

/**
 * Patterns of modules that Go asks no checksum database about (cmd/go/internal/modfetch/sumdb.go, useSumDB); empty for
 * none. GOSUMDB may be set in `$GOROOT/go.env`, so only the go command knows it.
 *
 * @param env what `go env` answers
 */
export function uncheckedModules({ GOSUMDB = '', GONOSUMDB = '' }: Readonly<Record<string, string>>): string {
  return GOSUMDB === 'off' ? '*' : GONOSUMDB
}

/**
 * More variables that decide what a build makes. `go env` answers for them only after it has started the C
 * compiler and made GOCACHE (cmd/go/internal/envcmd/env.go, ExtraEnvVarsCostly), so the environment is asked.
 */
export const compilerVariables = [
  'CGO_CFLAGS',
  'CGO_CPPFLAGS',
  'CGO_CXXFLAGS',
  'CGO_FFLAGS',
  'CGO_LDFLAGS',
  'PKG_CONFIG',
] as const

/**
 * Where `go env -w` keeps a user's settings: GOENV, else `go/env` in the user's configuration directory
 * (cmd/go/internal/cfg/cfg.go, EnvFile; os.UserConfigDir).
 *
 * @param environment the environment variables
 * @param platform the system, in the words of Node
 * @returns an absolute path; undefined when there is none, because of GOENV=off or for want of a home
 */
export function goEnvFile(
  environment: Readonly<Record<string, string | undefined>>,
  platform: string,
): string | undefined {
  const named = environment.GOENV ?? ''
  if (named !== '') return named === 'off' ? undefined : named
  const separator = platform === 'win32' ? '\\' : '/'
  const below = (directory: string | undefined, ...names: readonly string[]) =>
    directory === undefined || directory === '' ? undefined : [directory, ...names].join(separator)
  if (platform === 'win32') return below(environment.AppData ?? environment.APPDATA, 'go', 'env')
  if (platform === 'darwin') return below(environment.HOME, 'Library', 'Application Support', 'go', 'env')
  return below(environment.XDG_CONFIG_HOME, 'go', 'env') ?? below(environment.HOME, '.config', 'go', 'env')
}

/**
 * The settings in a file as `go env -w` writes it: lines of `NAME=value`, of which the last of a name counts;
 * other lines say nothing (cmd/go/internal/cfg/cfg.go, readEnvFile).
 */
export function parseGoEnvFile(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^([A-Z][^=]*)=(.*)$/.exec(line))
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])))
}
