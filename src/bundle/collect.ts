import * as path from 'node:path'
import { BundleMismatch } from '../errors.ts'
import {
  GoCommandError,
  type GoEnv,
  lacksFile,
  lacksSum,
  listTemplate,
  parseBuildList,
  runGo,
} from '../gocmd/index.ts'
import { type GoSum, type RecordedSums, recordedSums } from '../gofiles/go-sum.ts'
import { splitModuleVersion } from '../gofiles/module-path.ts'
import { hasDependencies, type Root, sumsOf } from '../gofiles/roots.ts'
import { matchesModulePatterns } from '../gosettings/module-patterns.ts'
import { isFile } from '../platform/files.ts'
import { info, warning } from '../platform/runner.ts'
import { listSome } from '../text/lists.ts'
import type { BundleKind, BundleScope } from './content.ts'
import {
  type CollectedFile,
  collectFiles,
  downloadNames,
  goOverNames,
  pathInBundle,
  type ScratchModule,
  scratchModule,
  sumsNow,
} from './fetch.ts'
import { type BundleSelection, type ListedRoot, selectForBundle } from './select.ts'

/**
 * Lists the modules of each root with the go command, which also fetches their `.info` files.
 *
 * @param roots those without dependencies are skipped
 * @throws GoCommandError when a list fails for another reason than an incomplete go.sum
 */
async function listRoots({
  roots,
  env,
  retries,
}: Pick<CollectRequest, 'roots' | 'env' | 'retries'>): Promise<readonly ListedRoot[]> {
  const all: ListedRoot[] = []
  for (const root of roots.filter(hasDependencies)) {
    const ran = await runGo(['list', '-m', '-mod=readonly', '-f', listTemplate, 'all'], {
      cwd: root.directory,
      env,
      set: { GOMAXPROCS: '16' },
      retries,
    })
    const isIncomplete = ran.code !== 0 && lacksSum(ran.stderr)
    if (ran.code !== 0 && !isIncomplete)
      throw new GoCommandError('The modules could not be listed for the bundle', root, ran)
    all.push({ root, listed: isIncomplete ? undefined : parseBuildList(ran.stdout) })
  }
  return all
}

/** The content of a bundle. */
export interface Collected {
  /** Every file, by its path in the bundle. */
  readonly files: ReadonlyMap<string, CollectedFile>
  readonly selection: BundleSelection
}

/** Request to collect the files of a bundle. */
export interface CollectRequest {
  readonly roots: readonly Root[]
  readonly scope: BundleScope
  /** Absolute path of the module cache. */
  readonly gomodcache: string
  /** Absolute path of a folder for temporary files. */
  readonly folder: string
  readonly goflags: string
  readonly env: GoEnv
  readonly retries: number
  /** Patterns of modules that Go does not check with a checksum database; `*` for all. */
  readonly unchecked: string
}

/**
 * Collects all files of a bundle: from the module cache when they match the checksum files, otherwise from GOPROXY. A
 * restored module cache holds trees without zips, so this downloads the zips.
 *
 * @throws GoCommandError when a file cannot be fetched
 * @throws BundleMismatch when a file differs from its recorded hash, or has none
 */
export async function collect(request: CollectRequest): Promise<Collected> {
  const { roots, folder } = request
  const selection = selectForBundle(await listRoots(request), request.scope)
  const [root] = roots
  if (root === undefined) return { files: new Map(), selection }
  const sums = roots.flatMap(sumsOf)
  const scratch = (name: string, own?: string) =>
    scratchModule(path.join(folder, name), sums, {
      ...{ env: request.env, goflags: request.goflags, retries: request.retries, root },
      ...(own === undefined ? {} : { set: { GOMODCACHE: own, GOFLAGS: '-mod=mod -modcacherw' } }),
    })
  const here = scratch('bundle-module')
  const recorded = recordedSums(sums)
  const unrecorded = selection.zips.filter((name) => !recorded.trees.has(name))
  const trusted = unrecorded.length === 0 ? recorded : await lookUp(unrecorded, here, sums, request.unchecked)

  const missingZips = selection.zips.filter((name) => !has(request.gomodcache, name, 'zip'))
  await downloadNames(here, missingZips)
  if (missingZips.length > 0) info(`Downloaded zips for the bundle: ${missingZips.length}`)
  const absent = await fetchGoMods(here, selection, request)
  const goMods = selection.goMods.filter((name) => !absent.has(name))
  const paths = [
    ...selection.zips.map((name) => pathInBundle(name, 'zip')),
    ...goMods.map((name) => pathInBundle(name, 'mod')),
    ...selection.infos.map((name) => pathInBundle(name, 'info')),
  ]
  const first = await describeAll(paths, path.join(request.gomodcache, 'cache', 'download'))
  const wrong = wrongOf(first, selection.zips, goMods, trusted)
  const unused = [...selection.unused, ...[...absent].map((name) => `${name}/go.mod`)].sort()
  if (wrong.length === 0) return { files: first, selection: { ...selection, goMods, unused } }

  // The module cache belongs to the user: it stays unchanged, and its wrong files are not used.
  const own = path.join(folder, 'bundle-modules')
  const names = [...new Set(wrong.map(({ name }) => name))]
  warning(
    `Files of the module cache do not match go.sum and are downloaded again for the bundle: ${wrong.map(wrongText).join('; ')}`,
  )
  const fresh = scratch('bundle-module-again', own)
  await downloadNames(fresh, names)
  const redownloaded = await describeAll(
    wrong.map(({ name, kind }) => pathInBundle(name, kind)),
    path.join(own, 'cache', 'download'),
  )
  const files = new Map([...first, ...redownloaded])
  const stillWrong = wrongOf(files, selection.zips, goMods, trusted)
  if (stillWrong.length > 0) {
    throw new BundleMismatch(
      `No bundle was created. After a second download, files still do not match go.sum: ${stillWrong.map(wrongText).join('; ')}. Do not build with them: find out whether the module was changed at its origin or in transit.`,
    )
  }
  return { files, selection: { ...selection, goMods, unused } }
}

function has(gomodcache: string, name: string, kind: BundleKind): boolean {
  return isFile(path.join(gomodcache, 'cache', 'download', pathInBundle(name, kind)))
}

/**
 * Gets the hashes of modules that no checksum file names: Go looks them up in the checksum database.
 *
 * @throws BundleMismatch when Go would not look up one of them
 */
async function lookUp(
  names: readonly string[],
  scratch: ScratchModule,
  sums: readonly GoSum[],
  unchecked: string,
): Promise<RecordedSums> {
  const unproven = names.filter((name) => matchesModulePatterns(unchecked, splitModuleVersion(name).path))
  if (unproven.length > 0) {
    throw new BundleMismatch(
      `\`bundle-scope: all\` includes modules that go.sum does not name. Go does not look them up in a checksum database (GONOSUMDB, GOPRIVATE or GOSUMDB), so they cannot be verified: ${listSome(unproven)}. Run \`go mod download all\` to add them to go.sum, or set \`bundle-scope: build\`.`,
    )
  }
  await downloadNames(scratch, names)
  return recordedSums([...sums, sumsNow(scratch)])
}

/** Fetches the missing go.mod files. Returns those that are not available and that nothing needs. */
async function fetchGoMods(
  scratch: ScratchModule,
  selection: BundleSelection,
  { gomodcache }: Pick<CollectRequest, 'gomodcache'>,
): Promise<ReadonlySet<string>> {
  const missing = () => selection.goMods.filter((name) => !has(gomodcache, name, 'mod'))
  // Only a module's go.mod has its go version, so this fetches it (cmd/go/internal/modload/build.go, moduleInfo).
  const ran = await goOverNames(scratch, ['list', '-m', '-f', '{{.GoVersion}}'], missing())
  const output = ran.map(({ stderr }) => stderr).join('\n')
  const absent = missing()
  const needed = new Set([...selection.zips, ...selection.infos])
  if (absent.some((name) => needed.has(name)) || (absent.length > 0 && !lacksFile(output)))
    throw new GoCommandError('The go.mod files for the bundle could not be fetched', scratch.root, {
      stderr: output,
      goproxy: ran[0]?.goproxy ?? '',
    })
  if (absent.length > 0) {
    info(`Omitted go.mod files that go.sum names, but no proxy has and no build needs: ${listSome(absent)}`)
  }
  return new Set(absent)
}

function describeAll(paths: readonly string[], folder: string): Promise<ReadonlyMap<string, CollectedFile>> {
  return collectFiles(new Map(paths.map((one) => [one, path.join(folder, one)])))
}

interface WrongFile {
  readonly name: string
  readonly kind: 'zip' | 'mod'
  readonly expected: string
  readonly found: string
}

/** Returns the files that differ from their recorded hash, including those without one. */
function wrongOf(
  files: ReadonlyMap<string, CollectedFile>,
  zips: readonly string[],
  goMods: readonly string[],
  recorded: RecordedSums,
): readonly WrongFile[] {
  const compare = (kind: 'zip' | 'mod', sums: RecordedSums['trees']) => (name: string) => {
    const [expected, found] = [
      [...(sums.get(name) ?? [])].join(' or '),
      files.get(pathInBundle(name, kind))?.h1 ?? '',
    ]
    return expected === found && found !== '' ? [] : [{ name, kind, expected, found }]
  }
  return [...zips.flatMap(compare('zip', recorded.trees)), ...goMods.flatMap(compare('mod', recorded.goMods))]
}

function wrongText({ name, kind, expected, found }: WrongFile): string {
  return `${kind === 'mod' ? 'go.mod of ' : ''}${name} (go.sum: ${expected || 'nothing'}, found: ${found || 'nothing'})`
}
