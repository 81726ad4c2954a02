import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { GoFailed } from '../../go/failure.ts'
import { goWithRetries } from '../../go/retry.ts'
import { inBatches } from '../../modules/build-list.ts'
import type { GoSum } from '../../modules/go-sum.ts'
import { parseGoSum } from '../../modules/go-sum.ts'
import type { Root } from '../../modules/roots.ts'
import { hasGoFlag } from '../../modules/settings/goflags.ts'
import { makeDirectory, readText, writeFile } from '../../system/files.ts'
import type { Ran } from '../../system/run.ts'

/** A module of our own, in which go commands name any module version and change nothing of the checkout. */
export interface ScratchModule {
  /** Absolute path. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly retries: number
  /** Where failures are said to be. */
  readonly root: Root
}

/** As many modules at once as a slow proxy can send. */
const parallel = { GOMAXPROCS: '16' }

/**
 * Makes a module that requires nothing, and whose go.sum holds given lines: what they name Go compares with them, and
 * asks the checksum database only of what they do not name.
 *
 * @param directory absolute path of a folder that is not there yet
 * @param sums what its go.sum holds
 * @param options `goflags`: GOFLAGS of the job, of which only -modcacherw is kept, for the others are for builds;
 *   `environment`: what go commands are run with besides
 */
export function scratchModule(
  directory: string,
  sums: readonly GoSum[],
  options: {
    readonly goflags: string
    readonly retries: number
    readonly root: Root
    readonly environment?: Readonly<Record<string, string>>
  },
): ScratchModule {
  makeDirectory(directory)
  writeFile(path.join(directory, 'go.mod'), 'module bundle.invalid\n\ngo 1.17\n')
  writeFile(path.join(directory, 'go.sum'), sumLines(sums))
  const writable = hasGoFlag(options.goflags, 'modcacherw') ? ' -modcacherw' : ''
  return {
    directory,
    retries: options.retries,
    root: options.root,
    environment: {
      ...parallel,
      GO111MODULE: 'on',
      GOWORK: 'off',
      GOFLAGS: `-mod=mod${writable}`,
      ...options.environment,
    },
  }
}

/** What a module cache of one's own needs to be filled. */
export interface FreshCacheRequest {
  /** Absolute path of the job's module cache, which saves fetching what is there. */
  readonly gomodcache: string
  /** GOPROXY as it is. */
  readonly goproxy: string
  /** Absolute path of a folder for files in passing. */
  readonly folder: string
  readonly retries: number
  readonly root: Root
}

/**
 * A module of our own whose go commands know nothing but what GOPROXY says: their module cache is empty.
 *
 * @param name what its folders are called
 * @returns also the absolute path of what that module cache has downloaded
 */
export function freshScratchModule(
  name: string,
  { gomodcache, goproxy, folder, retries, root }: FreshCacheRequest,
): { readonly scratch: ScratchModule; readonly download: string } {
  const own = path.join(folder, name)
  const downloaded = (modules: string) => path.join(modules, 'cache', 'download')
  const modules = path.join(own, 'modules')
  const scratch = scratchModule(path.join(folder, `${name}-module`), [], {
    ...{ goflags: '-modcacherw', retries, root },
    environment: {
      // What was heard of the checksum database before lies in GOPATH (cmd/go/internal/modfetch/sumdb.go, ReadConfig).
      GOPATH: own,
      GOMODCACHE: modules,
      GOPROXY: `${pathToFileURL(downloaded(gomodcache)).href},${goproxy}`,
      // A toolchain is no other one's to fetch.
      GOTOOLCHAIN: 'local',
    },
  })
  return { scratch, download: downloaded(modules) }
}

/**
 * Runs a go command over names, as many at once as fit a command line.
 *
 * @param names `path@version`
 * @returns what the commands did, one after the other
 */
export async function goOverNames(
  { directory, environment, retries }: ScratchModule,
  args: readonly string[],
  names: readonly string[],
): Promise<readonly Ran[]> {
  const all: Ran[] = []
  for (const batch of inBatches(names)) {
    all.push(await goWithRetries([...args, '--', ...batch], { cwd: directory, environment, retries }))
  }
  return all
}

/**
 * Downloads module versions by name, their zips included.
 *
 * @throws GoFailed
 */
export async function downloadNames(module: ScratchModule, names: readonly string[]): Promise<void> {
  for (const { code, stderr } of await goOverNames(module, ['mod', 'download'], names)) {
    if (code !== 0) throw new GoFailed('`go mod download` failed for the bundle', module.root, stderr)
  }
}

/** What Go has come to trust: the lines of the go.sum that it added to. */
export function sumsNow({ directory }: ScratchModule): GoSum {
  const file = path.join(directory, 'go.sum')
  return parseGoSum(readText(file) ?? '', file)
}

function sumLines(sums: readonly GoSum[]): string {
  const lines = sums.flatMap(({ trees, goMods }) => [
    ...trees.map(({ path, version, h1 }) => `${path} ${version} ${h1}\n`),
    ...goMods.map(({ path, version, h1 }) => `${path} ${version}/go.mod ${h1}\n`),
  ])
  return [...new Set(lines)].sort().join('')
}
