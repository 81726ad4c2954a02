import type { KeyFacts } from '../cache/key.ts'
import { effectiveGoVersion } from '../gofiles/go-version.ts'
import { processEnv } from '../platform/environment.ts'
import { readText } from '../platform/files.ts'
import { platform } from '../platform/machine.ts'

export const toolchainModule = 'golang.org/toolchain'

/**
 * Variables that add a setting to git's configuration (git-config(1), GIT_CONFIG_COUNT; since git 2.31); what is set there
 * already stays.
 *
 * @param key such as `include.path`
 */
export function gitSetting(key: string, value: string): Readonly<Record<string, string>> {
  const count = Number(processEnv().GIT_CONFIG_COUNT ?? '') || 0
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: key,
    [`GIT_CONFIG_VALUE_${count}`]: value,
  }
}

/** The Go version that builds the modules, such as `go1.26.0`. */
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
 * The toolchain module that the go command fetches, as `path@version`; empty when it fetches none
 * (cmd/go/internal/toolchain/select.go, Exec: with GOTOOLCHAIN=path it only looks on PATH).
 */
export function fetchedToolchain({ roots, go }: Pick<KeyFacts, 'roots' | 'go'>): string {
  const version = buildGoVersion({ roots, go })
  const { GOVERSION = '', GOHOSTOS = '', GOHOSTARCH = '' } = go.env
  if (version === GOVERSION || /(?:^|\+)path$/.test(go.toolchainSetting)) return ''
  return `${toolchainModule}@v0.0.1-${version}.${GOHOSTOS}-${GOHOSTARCH}`
}

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

/** What a variable of the go command is set to; empty when it is not set. */
export type GoSettingLookup = (name: string) => string

/**
 * Looks up the settings of the go command as it does itself: the environment, then the user's file
 * (cmd/go/internal/cfg/cfg.go, Getenv). What a Go brings along as its defaults is not asked: there may be no Go yet.
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
 * Patterns of modules that are not everybody's. One that stands for all modules says nothing of a single one: a company's proxy
 * may serve everything.
 */
export function privatePatterns(settings: (name: string) => string): string {
  const patterns = ['GOPRIVATE', 'GONOPROXY', 'GONOSUMDB'].flatMap((name) => settings(name).split(','))
  return [...new Set(patterns.map((one) => one.trim()))]
    .filter((one) => !['', '*', 'none'].includes(one))
    .join(',')
}
