import type { GoEnv } from '../gocmd/index.ts'
import { info } from '../platform/runner.ts'
import type { DownloadSource, SourceFailure } from './download.ts'
import type { GoPlatform } from './release-list.ts'
import type { RequestedGo } from './release-spec.ts'
import { findToolchainFetcher, type ToolchainFetcher } from './toolchain-module.ts'

/** The options of the search for a Go. */
export interface SetupOptions {
  /** The environment of go commands. */
  readonly env: GoEnv
  /** Whether to use the newest matching release even if the tool cache holds an older match. */
  readonly checkLatest: boolean
  /** Base address of downloads; empty for https://go.dev/dl. */
  readonly downloadBase: string
  readonly retries: number
  /** Absolute path of a private folder in RUNNER_TEMP that exists until the job ends. */
  readonly folder: string
  /** Absolute path in which go commands run, outside of any module; by default `folder`. */
  readonly directory?: string
  /** Whether to only report what would be done; lists of releases are still downloaded. */
  readonly dryRun?: boolean
}

/** The state of the search for the requested Go. */
export interface GoSearch {
  readonly requested: RequestedGo
  readonly options: SetupOptions
  readonly download: DownloadSource
  /** The name in the tool cache of a Go from this download address. */
  readonly tool: string
  readonly platform: GoPlatform
  /** Absolute path of a folder for temporary files. */
  readonly scratch: string
  /** The failures of the tried sources, as clauses. */
  readonly tried: string[]
}

/** Queries the toolchain module with any Go that can fetch toolchains. */
export async function fromToolchainModule<T extends object>(
  search: GoSearch,
  query: (fetcher: ToolchainFetcher) => Promise<T | SourceFailure>,
): Promise<T | undefined> {
  const { options, scratch } = search
  const fetcher = await findToolchainFetcher(scratch, {
    ...goPlace(options),
    retries: options.retries,
  })
  const none = 'no Go 1.21 or newer is on PATH or in the tool cache to fetch it'
  const answer = fetcher === undefined ? { reason: none } : await query(fetcher)
  return 'reason' in answer ? rejectSource(search, 'The toolchain module', answer) : answer
}

/** Records and logs why a source cannot be used. */
export function rejectSource({ tried }: GoSearch, source: string, { reason }: SourceFailure): undefined {
  const sentence = `${source}: ${reason}`
  tried.push(sentence)
  info(`${sentence}.`)
}

/** Returns the environment of go commands, and the absolute path in which they run. */
export function goPlace({ env, directory, folder }: SetupOptions): {
  readonly env: GoEnv
  readonly directory: string
} {
  return { env, directory: directory ?? folder }
}
