import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { ChecksumDatabase } from '../gosettings/gosumdb.ts'
import { isDirectory, isWritable, lstat, readText } from '../platform/files.ts'
import { run } from '../platform/processes.ts'
import { runGoIfFound } from './go-command.ts'
import { type GoEnv, parseGoEnvFile } from './go-env.ts'

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
const installationVariables = [
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

/** Keeps the go command from downloading the toolchain that a go.mod requires. */
const localToolchain = { GOTOOLCHAIN: 'local' }

/** The go command on PATH and its environment. */
export interface DetectedGo {
  /** The relevant variables, from `go env` or from the environment. */
  readonly env: Readonly<Record<string, string>>
  /** First line of the C compiler's `--version`; empty without cgo or without a compiler. */
  readonly compiler: string
  /** GOTOOLCHAIN as later `go` commands see it; `env` has the value `local`, which this action sets for `go env`. */
  readonly toolchainSetting: string
}

/** The problem of a PATH without a go command. */
export const goNotFound: Problem = {
  what: '`go` is not on PATH',
  allowed: '',
  fix: 'Set the input `go-version` or `go-version-file`, or use an image that has Go.',
}

/**
 * Reads the environment of the go command on PATH.
 *
 * It sets GOTOOLCHAIN=local, because `go env` would otherwise download the toolchain that a go.mod requires.
 *
 * @param directory absolute path in which the go command runs
 * @param goEnv the environment in effect
 * @returns the environment, or the reason why it cannot be read
 */
export async function detectGo(directory: string, goEnv: GoEnv): Promise<DetectedGo | Problem> {
  const ran = await runGoIfFound(['env', '-json', ...installationVariables, ...buildVariables], {
    cwd: directory,
    env: goEnv,
    set: localToolchain,
  })
  if (ran === undefined) return goNotFound
  if (ran.code !== 0) {
    return {
      what: `\`go env\` fails: ${ran.stderr.trim()}`,
      allowed: '',
      fix: 'Fix the Go installation, or the GO* variable that the message names.',
    }
  }
  const compilerFlags = compilerVariables.map((name) => [name, goEnv.variable(name)])
  const printed = JSON.parse(ran.stdout) as Record<string, string>
  const directories = ['GOMODCACHE', 'GOCACHE'].map((name) => [name, cacheDirectory(printed[name] ?? '')])
  const env: Record<string, string> = {
    ...printed,
    ...Object.fromEntries(directories),
    ...Object.fromEntries(compilerFlags),
  }
  const compiler = env.CGO_ENABLED === '1' ? await compilerVersion(env.CC ?? '', directory, goEnv) : ''
  return { env, compiler, toolchainSetting: toolchainSetting(env, goEnv) }
}

/**
 * Returns the directory of a cache, or an empty string if Go cannot create it. Without a usable HOME, `go env` prints
 * `off`, a relative path, or a path below a file. An existing path is returned unchecked.
 */
function cacheDirectory(directory: string): string {
  if (!path.isAbsolute(directory)) return ''
  if (lstat(directory) !== undefined) return directory
  let parent = path.dirname(directory)
  while (lstat(parent) === undefined && parent !== path.dirname(parent)) parent = path.dirname(parent)
  return isDirectory(parent) && isWritable(parent) ? directory : ''
}

/** Looks up GOTOOLCHAIN as Go does: environment, then the user's file, then GOROOT/go.env (cmd/go/internal/cfg). */
function toolchainSetting(env: Readonly<Record<string, string>>, goEnv: GoEnv): string {
  const configured = goEnv.setting('GOTOOLCHAIN')
  if (configured !== '') return configured
  const defaults = readText(path.join(env.GOROOT ?? '', 'go.env')) ?? ''
  return parseGoEnvFile(defaults).get('GOTOOLCHAIN') || 'auto'
}

async function compilerVersion(command: string, directory: string, { variables }: GoEnv): Promise<string> {
  // CC may hold arguments in Go's own quoting. The program alone prints the version.
  const program = command.trim().split(/\s+/)[0] ?? ''
  if (program === '') return ''
  const ran = await run(program, ['--version'], { cwd: directory, variables })
  return ran?.code === 0 ? (ran.stdout.split(/\r?\n/)[0] ?? '') : ''
}

/**
 * Returns the effective GOPROXY of the installed go command, defaults included.
 *
 * @param directory absolute path in which the go command runs
 * @returns empty if the go command does not run
 */
export async function detectGoproxy(directory: string, env: GoEnv): Promise<string> {
  const ran = await runGoIfFound(['env', 'GOPROXY'], { cwd: directory, env, set: localToolchain })
  return ran?.code === 0 ? ran.stdout.trim() : ''
}

/**
 * Returns the effective checksum database of the installed go command, defaults included.
 *
 * @param directory absolute path in which the go command runs
 * @param gosumdb the effective GOSUMDB; empty when it is not set
 * @returns undefined if the go command does not run
 */
export async function detectChecksumDatabase(
  directory: string,
  gosumdb: string,
  env: GoEnv,
): Promise<ChecksumDatabase | undefined> {
  const [first, address] = fieldsOf(gosumdb)
  if (first?.includes('+') || first === 'off') return { key: first, hasAddress: address !== undefined }
  const set = { ...localToolchain, GOENV: 'off', GOSUMDB: '' }
  const ran = await runGoIfFound(['env', 'GOSUMDB'], { cwd: directory, env, set })
  // `$GOROOT/go.env` may hold every form of GOSUMDB.
  const [defaultName, defaultAddress] = ran?.code === 0 ? fieldsOf(ran.stdout) : []
  if (defaultName === undefined) return undefined
  if (first === undefined) return { key: defaultName, hasAddress: defaultAddress !== undefined }
  if (defaultName.includes('+') || defaultName === 'off') return { key: first, hasAddress: true }
  // Go has a second name for the same database, at another address (cmd/go/internal/modfetch/sumdb.go, dbDial).
  return { key: defaultName, hasAddress: address !== undefined || first !== defaultName }
}

function fieldsOf(gosumdb: string): readonly string[] {
  return gosumdb.split(/\s+/).filter(Boolean)
}
