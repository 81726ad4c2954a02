import * as path from 'node:path'
import { type GoEnv, type GoRun, lacksVersion, runGo, runGoIfFound } from '../gocmd/index.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { splitModuleVersion, treeDirectory } from '../gofiles/module-path.ts'
import { isDirectory } from '../platform/files.ts'
import type { RunResult } from '../platform/processes.ts'
import { allInToolCache, goCommandOf } from '../platform/tool-cache.ts'
import type { SourceFailure } from './download.ts'
import { type GoPlatform, parseToolchainVersions } from './release-list.ts'

/** A go command that can fetch toolchains; Go 1.21 was the first that could. */
export interface ToolchainFetcher {
  /** `go`, or the absolute path of a go command. */
  readonly program: string
  readonly env: GoEnv
  readonly directory: string
  readonly retries: number
}

/**
 * Finds a Go that can fetch toolchains: the one on PATH, else the newest in the tool cache.
 *
 * @param scratch absolute path of a folder for the module cache, which the caller removes
 * @param options `directory`: absolute path in which go commands run, outside of any module
 * @returns undefined when there is none
 */
export async function findToolchainFetcher(
  scratch: string,
  { env, directory, retries }: { readonly env: GoEnv; readonly directory: string; readonly retries: number },
): Promise<ToolchainFetcher | undefined> {
  const cached = [...allInToolCache()]
    .sort((a, b) => compareGoVersions(b.version, a.version))
    // A GOROOT of another Go would mislead this one.
    .map(({ root }) => ({ program: goCommandOf(root), own: env.with({ GOROOT: '' }) }))
  for (const { program, own } of [{ program: 'go', own: env }, ...cached]) {
    const set = { GOTOOLCHAIN: 'local' }
    const ran = await runGoIfFound(['env', 'GOVERSION'], { program, cwd: directory, env: own, set })
    if (ran?.code !== 0) continue
    if (compareGoVersions(ran.stdout.trim(), '1.21') < 0) continue
    const fetching = own.with({
      GOMODCACHE: toolchainModules(scratch),
      // Replaces GOFLAGS: build flags, such as -mod=vendor or -modfile, make `go list` fail here.
      GOFLAGS: '-modcacherw',
      GO111MODULE: 'on',
      GOWORK: 'off',
    })
    return { program, env: fetching, directory, retries }
  }
  return undefined
}

/** Returns the module cache for toolchains in a folder, an absolute path. */
export function toolchainModules(folder: string): string {
  return path.join(folder, 'toolchain-modules')
}

/** Returns the versions of the toolchain module for a machine, such as `go1.24.3`, or why they are unavailable. */
export async function toolchainVersions(
  fetcher: ToolchainFetcher,
  platform: GoPlatform,
): Promise<{ readonly versions: readonly string[] } | SourceFailure> {
  const ran = await runFetcher(fetcher, ['list', '-m', '-versions', 'golang.org/toolchain'], 'local')
  if (ran.code !== 0) return { reason: lastLines(ran) }
  return { versions: parseToolchainVersions(ran.stdout, platform) }
}

/**
 * Fetches a toolchain by Go through GOPROXY. Go verifies it with the checksum database, regardless of GONOSUMDB and
 * GOPRIVATE (cmd/go/internal/modfetch/sumdb.go), and unpacks it with executable files.
 *
 * @param version version such as `go1.24.3`
 * @param gomodcache absolute path of the module cache for it
 * @returns absolute path of its GOROOT: in that module cache, or where Go found it on this machine
 */
export async function fetchToolchain(
  fetcher: ToolchainFetcher,
  version: string,
  gomodcache: string,
): Promise<{ readonly root: string } | SourceFailure> {
  const env = fetcher.env.with({ GOMODCACHE: gomodcache })
  const ran = await runFetcher({ ...fetcher, env }, ['env', 'GOROOT'], version)
  if (ran.code !== 0) return { reason: lastLines(ran) }
  const root = ran.stdout.trim()
  return path.isAbsolute(root) ? { root } : { reason: `GOROOT of ${version} is "${root}"` }
}

/**
 * Runs the go command of a GOROOT as a later step would.
 *
 * @param version version such as `go1.24.3`; undefined to accept any
 * @returns why it cannot be used; undefined when it works
 */
export async function goFault(
  root: string,
  { env, directory }: { readonly env: GoEnv; readonly directory: string },
  version: string | undefined,
): Promise<string | undefined> {
  const ran = await runGoIfFound(['version'], {
    program: goCommandOf(root),
    cwd: directory,
    env,
    set: { GOTOOLCHAIN: 'local', GOROOT: '' },
  })
  if (ran === undefined) return 'it holds no go command'
  if (ran.code !== 0) return `its go command does not work: ${lastLines(ran)}`
  const [, , reported = ''] = ran.stdout.split(' ')
  const isExpected = version === undefined || compareGoVersions(reported, version) === 0
  return isExpected ? undefined : `it is ${reported}, not ${version}`
}

function runFetcher(
  { program, env, directory, retries }: ToolchainFetcher,
  args: readonly string[],
  toolchain: string,
): Promise<GoRun> {
  return runGo(args, { program, cwd: directory, env, set: { GOTOOLCHAIN: toolchain }, retries })
}

/** Returns the output of a go command as one line. Go itself redacts passwords in addresses (net/url, URL.Redacted). */
function lastLines({ stderr, code }: RunResult): string {
  const lines = stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('go: downloading '))
  return lines.slice(-3).join('; ') || `exit code ${code}`
}

/**
 * Returns why a Go that a go.mod requires is unavailable. One small request is enough, without a download.
 *
 * @param name its module as `path@version`
 * @param version version such as `go1.26.0`
 * @param gomodcache absolute path of the module cache
 * @param options `retries`: maximum number of retries of a transient failure
 * @returns a clause; undefined if the Go is available, or that is unknown
 */
export async function whyToolchainUnavailable(
  name: string,
  version: string,
  gomodcache: string,
  { env, retries }: { readonly env: GoEnv; readonly retries: number },
): Promise<string | undefined> {
  if (isDirectory(path.join(gomodcache, treeDirectory(splitModuleVersion(name))))) return undefined
  const ran = await runGo(['list', '-m', name], {
    // Outside of any module, no go.mod or go.work affects the command.
    cwd: path.parse(gomodcache).root,
    env,
    set: { GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '' },
    retries,
  })
  if (ran.code === 0 || !lacksVersion(ran.stderr)) return undefined
  return `it requires Go ${version.replace(/^go/, '')}, but no source in GOPROXY has it`
}
