import * as path from 'node:path'
import { type GoPlatform, parseToolchainVersions } from '../modules/go-release-list.ts'
import { compareGoVersions } from '../modules/go-version.ts'
import { type Ran, run } from '../system/run.ts'
import { debug } from '../system/runner.ts'
import { allInToolCache, goCommandOf } from '../system/tool-cache.ts'
import { again } from './again.ts'
import type { Unusable } from './download-go.ts'
import { askedBy, mayPass } from './retry.ts'

/** A go command that can fetch others: Go 1.21 was the first that could. */
export interface Fetcher {
  /** As `run` takes it. */
  readonly command: string
  /** What it is to be run with. */
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
  readonly retries: number
}

/**
 * Looks for a Go that can fetch toolchains: the one on PATH, else the newest in the tool cache.
 *
 * @param scratch absolute path of a folder for the module cache, which the caller removes
 * @param options `directory`: where go commands are run, outside of any module
 * @returns undefined when there is none
 */
export async function findFetcher(
  scratch: string,
  options: { readonly directory: string; readonly retries: number },
): Promise<Fetcher | undefined> {
  const cached = [...allInToolCache()]
    .sort((a, b) => compareGoVersions(b.version, a.version))
    // An environment made for another Go would lead this one astray.
    .map(({ root }) => ({ command: goCommandOf(root), environment: { GOROOT: '' } }))
  for (const { command, environment } of [{ command: 'go', environment: {} }, ...cached]) {
    const ran = await run(command, ['env', 'GOVERSION'], {
      cwd: options.directory,
      environment: { ...environment, GOTOOLCHAIN: 'local' },
    })
    if (ran?.code !== 0) continue
    if (compareGoVersions(ran.stdout.trim(), '1.21') < 0) continue
    return {
      command,
      environment: {
        ...environment,
        GOMODCACHE: path.join(scratch, 'toolchain-modules'),
        // Not merged: flags for builds, such as -mod=vendor or -modfile, make `go list` fail here, and none helps.
        GOFLAGS: '-modcacherw',
        GO111MODULE: 'on',
        GOWORK: 'off',
      },
      ...options,
    }
  }
  return undefined
}

/** The versions of the toolchain module for a machine, as in `go1.24.3`, or why they are not to be had. */
export async function toolchainVersions(
  fetcher: Fetcher,
  platform: GoPlatform,
): Promise<{ readonly versions: readonly string[] } | Unusable> {
  const ran = await goAgain(fetcher, ['list', '-m', '-versions', 'golang.org/toolchain'], 'local')
  if (ran.code !== 0) return { reason: wordsOf(ran) }
  return { versions: parseToolchainVersions(ran.stdout, platform) }
}

/**
 * Lets Go fetch one of its toolchains through GOPROXY. Go holds it to the checksum database, whatever GONOSUMDB and
 * GOPRIVATE say (cmd/go/internal/modfetch/sumdb.go), and unpacks it as one that can be run.
 *
 * @param version as in `go1.24.3`
 * @returns absolute path of its GOROOT: in the folder of the fetcher, or where Go found it on this machine
 */
export async function fetchToolchain(
  fetcher: Fetcher,
  version: string,
): Promise<{ readonly root: string } | Unusable> {
  const ran = await goAgain(fetcher, ['env', 'GOROOT'], version)
  if (ran.code !== 0) return { reason: wordsOf(ran) }
  const root = ran.stdout.trim()
  return path.isAbsolute(root) ? { root } : { reason: `GOROOT of ${version} is "${root}"` }
}

/**
 * Runs the go command of a GOROOT as a later step would.
 *
 * @param version as in `go1.24.3`; undefined when any will do
 * @returns why it cannot be used; undefined when it works
 */
export async function faultOf(
  root: string,
  directory: string,
  version: string | undefined,
): Promise<string | undefined> {
  const ran = await run(goCommandOf(root), ['version'], {
    cwd: directory,
    environment: { GOTOOLCHAIN: 'local', GOROOT: '' },
  })
  if (ran === undefined) return 'it holds no go command'
  if (ran.code !== 0) return `its go command does not work: ${wordsOf(ran)}`
  const [, , said = ''] = ran.stdout.split(' ')
  const isRight = version === undefined || compareGoVersions(said, version) === 0
  return isRight ? undefined : `it is ${said}, not ${version}`
}

async function goAgain(fetcher: Fetcher, args: readonly string[], toolchain: string): Promise<Ran> {
  const { command, directory, environment, retries } = fetcher
  return again(
    retries,
    async () => {
      const options = { cwd: directory, environment: { ...environment, GOTOOLCHAIN: toolchain } }
      const ran = await run(command, args, options)
      if (ran === undefined) throw new Error(`there is no ${command} any more`)
      debug(
        `GOTOOLCHAIN=${toolchain} go ${args.join(' ')}: exit code ${ran.code} after ${ran.seconds.toFixed(2)} s`,
      )
      return ran
    },
    ({ code, stderr }) => code !== 0 && mayPass(stderr),
    ({ stderr }) => askedBy(stderr),
  )
}

/** What a go command said, as one line. Go takes passwords out of addresses itself (net/url, URL.Redacted). */
function wordsOf({ stderr, code }: Ran): string {
  const lines = stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('go: downloading '))
  return lines.slice(-3).join('; ') || `exit code ${code}`
}
