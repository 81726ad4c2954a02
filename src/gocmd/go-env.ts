import type { KeyFacts } from '../cache/key.ts'
import { effectiveGoVersion } from '../gofiles/go-version.ts'
import { processEnv } from '../platform/environment.ts'
import { readText } from '../platform/files.ts'
import { platform } from '../platform/machine.ts'

export const toolchainModule = 'golang.org/toolchain'

/**
 * Returns the variables that add a setting to git's configuration (git-config(1), GIT_CONFIG_COUNT; since git 2.31).
 * Settings that exist there stay.
 *
 * @param key name of the setting, such as `include.path`
 */
export function gitSetting(key: string, value: string): Readonly<Record<string, string>> {
  const count = Number(processEnv().GIT_CONFIG_COUNT ?? '') || 0
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: key,
    [`GIT_CONFIG_VALUE_${count}`]: value,
  }
}

/** Returns the Go version that builds the modules, such as `go1.26.0`. */
export function buildGoVersion({ roots, go }: Pick<KeyFacts, 'roots' | 'go'>): string {
  const files = roots.flatMap((root) => [
    ...root.modules.map((module) => module.goMod),
    ...(root.goWork === undefined ? [] : [root.goWork]),
  ])
  return effectiveGoVersion({
    local: go.env.GOVERSION ?? '',
    goLines: files.flatMap((file) => file.go ?? []),
    toolchainLines: files.flatMap((file) => file.toolchain ?? []),
    gotoolchain: go.toolchainSetting,
  })
}

/**
 * Returns the toolchain module that the go command fetches, as `path@version`; empty when it fetches none
 * (cmd/go/internal/toolchain/select.go, Exec: with GOTOOLCHAIN=path it only searches PATH).
 */
export function fetchedToolchain({ roots, go }: Pick<KeyFacts, 'roots' | 'go'>): string {
  const version = buildGoVersion({ roots, go })
  const { GOVERSION = '', GOHOSTOS = '', GOHOSTARCH = '' } = go.env
  if (version === GOVERSION || /(?:^|\+)path$/.test(go.toolchainSetting)) return ''
  return `${toolchainModule}@v0.0.1-${version}.${GOHOSTOS}-${GOHOSTARCH}`
}

/** The variables of `go env` that affect the output of a build (cmd/go/internal/work/exec.go, buildActionID). */
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

/** The variables of `go env` that identify this Go and its directories. */
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
 * Returns patterns of modules that Go verifies with no checksum database (cmd/go/internal/modfetch/sumdb.go, useSumDB);
 * empty for none. `$GOROOT/go.env` may set GOSUMDB, so only the go command knows its value.
 *
 * @param env the variables from `go env`
 */
export function uncheckedModules({ GOSUMDB = '', GONOSUMDB = '' }: Readonly<Record<string, string>>): string {
  return GOSUMDB === 'off' ? '*' : GONOSUMDB
}

/**
 * More variables that affect the output of a build. `go env` prints them only after it has started the C compiler and
 * created GOCACHE (cmd/go/internal/envcmd/env.go, ExtraEnvVarsCostly). They are therefore read from the environment.
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
 * Returns the file in which `go env -w` keeps a user's settings: GOENV, else `go/env` in the user's configuration
 * directory (cmd/go/internal/cfg/cfg.go, EnvFile; os.UserConfigDir).
 *
 * @param environment the environment variables
 * @param platform the system, by Node's name, such as `win32`
 * @returns an absolute path; undefined when there is none, because of GOENV=off or because there is no home
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
 * Parses the settings in a file as `go env -w` writes it: lines of `NAME=value`. The last line of a name wins, and
 * other lines are ignored (cmd/go/internal/cfg/cfg.go, readEnvFile).
 */
export function parseGoEnvFile(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^([A-Z][^=]*)=(.*)$/.exec(line))
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])))
}

/** Returns the value of a variable of the go command; empty when it is not set. */
export type GoSettingLookup = (name: string) => string

/**
 * Looks up the settings of the go command as it does itself: the environment, then the user's file
 * (cmd/go/internal/cfg/cfg.go, Getenv). Defaults in GOROOT do not count, because Go may not be installed yet.
 *
 * @param environment the environment variables of the action
 */
export function readGoSettings(environment: Readonly<Record<string, string | undefined>>): GoSettingLookup {
  const file = goEnvFile(environment, platform())
  const inFile = parseGoEnvFile(file === undefined ? '' : (readText(file) ?? ''))
  return (name) => {
    const value = environment[name] ?? ''
    return value !== '' ? value : (inFile.get(name) ?? '')
  }
}

/**
 * Returns the patterns of private modules, separated by `,`. It drops a pattern for all modules, because such a pattern
 * does not make a module private: a company's proxy may serve everything.
 */
export function privatePatterns(settings: (name: string) => string): string {
  const patterns = ['GOPRIVATE', 'GONOPROXY', 'GONOSUMDB'].flatMap((name) => settings(name).split(','))
  return [...new Set(patterns.map((one) => one.trim()))]
    .filter((one) => !['', '*', 'none'].includes(one))
    .join(',')
}
