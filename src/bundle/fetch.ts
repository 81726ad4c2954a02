import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DescribedFile, describeFiles } from '../cache/index.ts'
import { BundleMismatch } from '../errors.ts'
import { GoCommandError, type GoEnv, type GoRun, inBatches, runGo } from '../gocmd/index.ts'
import { type GoSum, parseGoSum } from '../gofiles/go-sum.ts'
import { splitModuleVersion } from '../gofiles/module-path.ts'
import type { Root } from '../gofiles/roots.ts'
import { hasGoFlag } from '../gosettings/goflags.ts'
import { entriesOf, filesBelow, makeDirectory, readText, writeFile } from '../platform/files.ts'
import {
  type BundledModule,
  type BundleKind,
  bundleKinds,
  bundlePath,
  toolchainList,
  toolchainPath,
} from './content.ts'

/** A file that was verified, or needs no verification. */
export interface CollectedFile extends DescribedFile {
  /** Absolute path of the file. */
  readonly source: string
}

/** Returns the path of a module version's file in a bundle. */
export function pathInBundle(name: string, kind: BundleKind): string {
  return bundlePath(splitModuleVersion(name), kind)
}

/**
 * Reads files and describes each of them.
 *
 * @param sources absolute paths, by the paths in a bundle
 * @throws the system's error when a file is gone, or cannot be read
 */
export async function collectFiles(
  sources: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, CollectedFile>> {
  const described = await describeFiles([...sources.values()])
  return new Map(
    [...sources].flatMap(([inBundle, source]) => {
      const file = described.get(source)
      return file === undefined ? [] : [[inBundle, { ...file, source }] as const]
    }),
  )
}

/** A scratch module, in which go commands can name any module version without changing the checkout. */
export interface ScratchModule {
  /** Absolute path. */
  readonly directory: string
  /** The environment of its go commands. */
  readonly env: GoEnv
  readonly retries: number
  /** The root that error messages refer to. */
  readonly root: Root
}

/** Number of parallel downloads; enough to use a slow proxy fully. */
const parallel = { GOMAXPROCS: '16' }

/**
 * Makes a module that requires nothing and whose go.sum holds given lines. Go compares modules with these lines, and
 * looks up only other modules in the checksum database.
 *
 * @param directory absolute path of a folder that does not exist yet
 * @param sums the content of its go.sum
 * @param options `goflags`: GOFLAGS of the job, of which only -modcacherw is kept, because the others are for builds;
 *   `env`: the environment of go commands; `set`: additional variables for them
 */
export function scratchModule(
  directory: string,
  sums: readonly GoSum[],
  options: {
    readonly goflags: string
    readonly env: GoEnv
    readonly retries: number
    readonly root: Root
    readonly set?: Readonly<Record<string, string>>
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
    env: options.env.with({
      ...parallel,
      GO111MODULE: 'on',
      GOWORK: 'off',
      GOFLAGS: `-mod=mod${writable}`,
      ...options.set,
    }),
  }
}

/** Request for a scratch module with its own module cache. */
interface FreshCacheRequest {
  /** Absolute path of the job's module cache, the first source of modules. */
  readonly gomodcache: string
  /** The current value of GOPROXY. */
  readonly goproxy: string
  /** Absolute path of a folder for temporary files. */
  readonly folder: string
  readonly env: GoEnv
  readonly retries: number
  readonly root: Root
}

/**
 * Makes a scratch module with an empty module cache, so that its go commands know only what GOPROXY serves.
 *
 * @param name base name of its folders
 * @returns also the absolute path of the download folder in its module cache
 */
function freshScratchModule(
  name: string,
  { gomodcache, goproxy, folder, env, retries, root }: FreshCacheRequest,
): { readonly scratch: ScratchModule; readonly download: string } {
  const own = path.join(folder, name)
  const downloaded = (modules: string) => path.join(modules, 'cache', 'download')
  const modules = path.join(own, 'modules')
  const scratch = scratchModule(path.join(folder, `${name}-module`), [], {
    ...{ env, goflags: '-modcacherw', retries, root },
    set: {
      // GOPATH holds earlier answers of the checksum database (cmd/go/internal/modfetch/sumdb.go, ReadConfig).
      GOPATH: own,
      GOMODCACHE: modules,
      GOPROXY: `${pathToFileURL(downloaded(gomodcache)).href},${goproxy}`,
      // Go must not fetch another toolchain to run this command.
      GOTOOLCHAIN: 'local',
    },
  })
  return { scratch, download: downloaded(modules) }
}

/**
 * Runs a go command for names, as many in one command as fit the command line.
 *
 * @param names `path@version`
 * @returns the results of the commands, in order
 */
export async function goOverNames(
  { directory, env, retries }: ScratchModule,
  args: readonly string[],
  names: readonly string[],
): Promise<readonly GoRun[]> {
  const all: GoRun[] = []
  for (const batch of inBatches(names)) {
    all.push(await runGo([...args, '--', ...batch], { cwd: directory, env, retries }))
  }
  return all
}

/**
 * Downloads module versions by name, their zips included.
 *
 * @throws GoCommandError
 */
export async function downloadNames(module: ScratchModule, names: readonly string[]): Promise<void> {
  for (const ran of await goOverNames(module, ['mod', 'download'], names)) {
    if (ran.code !== 0) throw new GoCommandError('`go mod download` failed for the bundle', module.root, ran)
  }
}

/** Returns the lines of the scratch module's go.sum, including those that Go added. */
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

/**
 * Makes Go look up modules in the checksum database, without any earlier answers, and returns the files that Go stored:
 * the answers, and the parts of the database's tree that prove them. With an empty file `supported`, a GOPROXY of files
 * serves them (go.dev/design/25530-sumdb, "Proxying a Checksum Database").
 *
 * @param names `path@version`; those that Go looks up in no database add nothing
 * @returns files by their path in a bundle
 * @throws GoCommandError when the database cannot be queried
 */
export async function collectSumdb(
  names: readonly string[],
  request: FreshCacheRequest,
): Promise<ReadonlyMap<string, CollectedFile>> {
  const { scratch, download } = freshScratchModule('bundle-sumdb', request)
  // Looking up the go version reads the go.mod. That queries the database, whose answer also covers the zip.
  for (const ran of await goOverNames(scratch, ['list', '-m', '-f', '{{.GoVersion}}'], names)) {
    if (ran.code !== 0)
      throw new GoCommandError('The checksum database could not be queried for the bundle', request.root, ran)
  }
  const databases = path.join(download, 'sumdb')
  for (const { name } of entriesOf(databases)) writeFile(path.join(databases, name, 'supported'), '')
  return collectFiles(
    new Map(filesBelow(databases).map((file) => [`sumdb/${file}`, path.join(databases, file)])),
  )
}

/** Toolchains for a bundle. */
interface CollectedToolchains {
  readonly modules: readonly BundledModule[]
  readonly files: ReadonlyMap<string, CollectedFile>
}

/**
 * Fetches toolchains as modules, from the module cache where it holds them. Go compares each with the checksum database
 * regardless of GONOSUMDB (cmd/go/internal/modfetch/sumdb.go, useSumDB), unless GOPROXY is a single folder.
 *
 * @param names such as `golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64`
 * @throws GoCommandError when a toolchain cannot be fetched
 * @throws BundleMismatch when the hash of a toolchain differs from the one that Go computed
 */
export async function collectToolchains(
  names: readonly string[],
  request: FreshCacheRequest,
): Promise<CollectedToolchains> {
  if (names.length === 0) return { modules: [], files: new Map() }
  const { scratch, download } = freshScratchModule('bundle-toolchains', request)
  await downloadNames(scratch, names)
  const list = path.join(request.folder, 'toolchain-list')
  writeFile(list, `${names.map((name) => splitModuleVersion(name).version).join('\n')}\n`)
  const sources = new Map([
    [toolchainList, list],
    ...names.flatMap((name) =>
      bundleKinds.map(
        (kind) => [pathInBundle(name, kind), path.join(download, pathInBundle(name, kind))] as const,
      ),
    ),
  ])
  const files = await collectFiles(sources)
  const modules = names.map((name): BundledModule => {
    const zip = files.get(pathInBundle(name, 'zip'))
    const proven = readText(path.join(download, pathInBundle(name, 'zip').replace(/zip$/, 'ziphash')))?.trim()
    if (zip === undefined || zip.h1 !== proven)
      throw new BundleMismatch(
        `No bundle was created: ${name} hashes to ${zip?.h1}, but Go computed ${proven}.`,
      )
    const version = splitModuleVersion(name).version
    const goMod = files.get(pathInBundle(name, 'mod'))
    return { path: toolchainPath, version, h1: zip.h1, ...(goMod === undefined ? {} : { goModH1: goMod.h1 }) }
  })
  return { modules, files }
}
