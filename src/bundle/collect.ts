import * as path from 'node:path'
import { BundleMismatch } from '../errors.ts'
import { isTransient } from '../gocmd/explain/patterns.ts'
import { GoCommandError, runGo } from '../gocmd/go-command.ts'
import { listTemplate, parseBuildList } from '../gocmd/list-output.ts'
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

/** go.sum may be enough for builds and not for the list of all modules (see src/dependencies/download.ts). */
const incompleteSums = /missing go\.sum entry/

/**
 * Asks the go command for the build list of each root, from which it also fetches what describes each module.
 *
 * @param roots those without dependencies are left out
 * @throws GoFailed when a list cannot be had, for another reason than a go.sum that is not enough for it
 */
async function listRoots(roots: readonly Root[], retries: number): Promise<readonly ListedRoot[]> {
  const all: ListedRoot[] = []
  for (const root of roots.filter(hasDependencies)) {
    const ran = await runGo(['list', '-m', '-mod=readonly', '-f', listTemplate, 'all'], {
      cwd: root.directory,
      environment: { GOMAXPROCS: '16' },
      retries,
    })
    const isIncomplete = ran.code !== 0 && incompleteSums.test(ran.stderr)
    if (ran.code !== 0 && !isIncomplete)
      throw new GoCommandError('The modules could not be listed for the bundle', root, ran.stderr)
    all.push({ root, listed: isIncomplete ? undefined : parseBuildList(ran.stdout) })
  }
  return all
}

/** What a bundle is made of. */
export interface Collected {
  /** Every file, by its path in a bundle. */
  readonly files: ReadonlyMap<string, CollectedFile>
  readonly choice: BundleSelection
}

/** What collecting needs to know. */
export interface CollectRequest {
  readonly roots: readonly Root[]
  readonly scope: BundleScope
  /** Absolute path of the module cache. */
  readonly gomodcache: string
  /** Absolute path of a folder for files in passing. */
  readonly folder: string
  readonly goflags: string
  readonly retries: number
  /** Patterns of modules that Go asks no checksum database about; `*` for all. */
  readonly unchecked: string
}

/**
 * Brings together everything that goes into a bundle: out of the module cache where it is there and is what the checksum
 * files say, else out of GOPROXY. A restored module cache holds trees and no zips, so those are fetched here.
 *
 * @throws GoFailed when something cannot be had
 * @throws WrongBundle when something is not what is recorded of it, or nothing is recorded
 */
export async function collect(request: CollectRequest): Promise<Collected> {
  const { roots, folder } = request
  const choice = selectForBundle(await listRoots(roots, request.retries), request.scope)
  const [root] = roots
  if (root === undefined) return { files: new Map(), choice }
  const sums = roots.flatMap(sumsOf)
  const scratch = (name: string, own?: string) =>
    scratchModule(path.join(folder, name), sums, {
      ...{ goflags: request.goflags, retries: request.retries, root },
      ...(own === undefined ? {} : { environment: { GOMODCACHE: own, GOFLAGS: '-mod=mod -modcacherw' } }),
    })
  const here = scratch('bundle-module')
  const recorded = recordedSums(sums)
  const unrecorded = choice.zips.filter((name) => !recorded.trees.has(name))
  const trusted = unrecorded.length === 0 ? recorded : await askOf(unrecorded, here, sums, request.unchecked)

  const lackingZips = choice.zips.filter((name) => !has(request.gomodcache, name, 'zip'))
  await downloadNames(here, lackingZips)
  if (lackingZips.length > 0) info(`Zips that were fetched for the bundle: ${lackingZips.length}`)
  const absent = await fetchGoMods(here, choice, request)
  const goMods = choice.goMods.filter((name) => !absent.has(name))
  const paths = [
    ...choice.zips.map((name) => pathInBundle(name, 'zip')),
    ...goMods.map((name) => pathInBundle(name, 'mod')),
    ...choice.infos.map((name) => pathInBundle(name, 'info')),
  ]
  const first = await describeAll(paths, path.join(request.gomodcache, 'cache', 'download'))
  const wrong = wrongOf(first, choice.zips, goMods, trusted)
  const unused = [...choice.unused, ...[...absent].map((name) => `${name}/go.mod`)].sort()
  if (wrong.length === 0) return { files: first, choice: { ...choice, goMods, unused } }

  // What is in the module cache is somebody else's; nothing of it is changed, and nothing wrong of it is used.
  const own = path.join(folder, 'bundle-modules')
  const names = [...new Set(wrong.map(({ name }) => name))]
  warning(
    `In the module cache, not what go.sum says, and fetched again for the bundle: ${wrong.map(wrongText).join('; ')}`,
  )
  const fresh = scratch('bundle-module-again', own)
  await downloadNames(fresh, names)
  const again = await describeAll(
    wrong.map(({ name, kind }) => pathInBundle(name, kind)),
    path.join(own, 'cache', 'download'),
  )
  const files = new Map([...first, ...again])
  const stillWrong = wrongOf(files, choice.zips, goMods, trusted)
  if (stillWrong.length > 0) {
    throw new BundleMismatch(
      `Nothing was bundled. Not what go.sum says, also when fetched again: ${stillWrong.map(wrongText).join('; ')}. Do not build with it: find out whether the module was changed at its origin or on the way.`,
    )
  }
  return { files, choice: { ...choice, goMods, unused } }
}

function has(gomodcache: string, name: string, kind: BundleKind): boolean {
  return isFile(path.join(gomodcache, 'cache', 'download', pathInBundle(name, kind)))
}

/**
 * Lets Go say what modules must be that no checksum file names: it asks the checksum database.
 *
 * @throws WrongBundle where it would ask nobody
 */
async function askOf(
  names: readonly string[],
  scratch: ScratchModule,
  sums: readonly GoSum[],
  unchecked: string,
): Promise<RecordedSums> {
  const unproven = names.filter((name) => matchesModulePatterns(unchecked, splitModuleVersion(name).path))
  if (unproven.length > 0) {
    throw new BundleMismatch(
      `\`bundle-scope: all\` takes modules in that go.sum does not name, and Go asks no checksum database about them (GONOSUMDB, GOPRIVATE or GOSUMDB), so nothing tells whether they are the right ones: ${listSome(unproven)}. Run \`go mod download all\`, which adds them to go.sum, or use \`bundle-scope: build\`.`,
    )
  }
  await downloadNames(scratch, names)
  return recordedSums([...sums, sumsNow(scratch)])
}

/** Fetches the go.mod files that are not there, and answers which are not to be had, for nothing needs them. */
async function fetchGoMods(
  scratch: ScratchModule,
  choice: BundleSelection,
  { gomodcache }: Pick<CollectRequest, 'gomodcache'>,
): Promise<ReadonlySet<string>> {
  const missing = () => choice.goMods.filter((name) => !has(gomodcache, name, 'mod'))
  // What the go version of a module is stands in its go.mod alone (cmd/go/internal/modload/build.go, moduleInfo).
  const ran = await goOverNames(scratch, ['list', '-m', '-f', '{{.GoVersion}}'], missing())
  const output = ran.map(({ stderr }) => stderr).join('\n')
  const absent = missing()
  const needed = new Set([...choice.zips, ...choice.infos])
  const isGone =
    /: (?:404|410) |no such file or directory|cannot find the file/.test(output) && !isTransient(output)
  if (absent.some((name) => needed.has(name)) || (absent.length > 0 && !isGone))
    throw new GoCommandError('The go.mod files for the bundle could not be fetched', scratch.root, output)
  if (absent.length > 0) {
    info(
      `go.sum names go.mod files that nothing needs and no proxy has; they are left out: ${listSome(absent)}`,
    )
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

/** The files that are not what is recorded; a go.mod of which nothing is recorded is one as well. */
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
