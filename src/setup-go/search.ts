import { info } from '../platform/runner.ts'
import type { DownloadSource, SourceFailure } from './download.ts'
import type { GoPlatform } from './release-list.ts'
import type { RequestedGo } from './release-spec.ts'
import { findToolchainFetcher, type ToolchainFetcher } from './toolchain-module.ts'

/** How a Go is looked for. */
export interface SetupOptions {
  /** Whether the newest that matches is wanted, though the tool cache may hold another that matches. */
  readonly checkLatest: boolean
  /** Base address of downloads; empty for https://go.dev/dl. */
  readonly downloadBase: string
  readonly retries: number
  /** Absolute path of a private folder that lasts as long as the job, in RUNNER_TEMP. */
  readonly folder: string
  /** Where go commands are run, outside of any module; by default `folder`. */
  readonly directory?: string
  /** Whether only to say what would be done; lists are asked for all the same. */
  readonly dryRun?: boolean
}

/** What is known of the wish so far. */
export interface GoSearch {
  readonly requested: RequestedGo
  readonly options: SetupOptions
  readonly download: DownloadSource
  /** The name in the tool cache of what is downloaded there. */
  readonly tool: string
  readonly platform: GoPlatform
  /** For what does not stay. */
  readonly scratch: string
  /** What is wrong with the sources that were tried, as sentence parts. */
  readonly tried: string[]
}

/** Asks the toolchain module for something, with whatever Go can do that. */
export async function fromToolchainModule<T extends object>(
  search: GoSearch,
  ask: (fetcher: ToolchainFetcher) => Promise<T | SourceFailure>,
): Promise<T | undefined> {
  const { options, scratch } = search
  const fetcher = await findToolchainFetcher(scratch, {
    directory: goDirectory(options),
    retries: options.retries,
  })
  const none = 'there is no Go 1.21 or newer on PATH or in the tool cache to fetch it with'
  const answer = fetcher === undefined ? { reason: none } : await ask(fetcher)
  return 'reason' in answer ? rejectSource(search, 'The toolchain module', answer) : answer
}

/** Notes why a source is of no use. */
export function rejectSource({ tried }: GoSearch, source: string, { reason }: SourceFailure): undefined {
  const sentence = `${source}: ${reason}`
  tried.push(sentence)
  info(`${sentence}.`)
}

/** Where go commands are run. */
export function goDirectory({ directory, folder }: SetupOptions): string {
  return directory ?? folder
}
