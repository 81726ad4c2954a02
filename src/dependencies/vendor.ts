import * as path from 'node:path'
import { GoCommandError, runGo } from '../gocmd/go-command.ts'
import type { Root } from '../gofiles/roots.ts'
import { elapsed } from '../platform/clock.ts'
import { snapshotFiles } from '../platform/file-snapshot.ts'
import {
  filesBelow,
  isDirectory,
  lstat,
  makeDirectory,
  makePrivateDirectory,
  moveTree,
  readBytes,
  removeIfPossible,
} from '../platform/files.ts'
import { writePatch } from '../platform/git.ts'
import * as runner from '../platform/runner.ts'
import { temporaryFolder } from '../platform/temp-dirs.ts'
import type { DependencyReport } from './plan.ts'

/** How a directory tree differs from what it ought to be, by paths in it, with `/`. */
export interface TreeDrift {
  readonly changed: readonly string[]
  /** Those whose content differs in the ends of lines only. */
  readonly lineEnds: readonly string[]
  readonly missing: readonly string[]
  readonly extra: readonly string[]
}

/**
 * Compares a directory tree with what it ought to be, file by file. Modes and times do not count, nor do empty
 * directories, of which git knows nothing.
 *
 * @param ought absolute path; a tree that is not there holds no files
 * @param is the same
 */
export function treeDrift(ought: string, is: string): TreeDrift {
  const [wanted, there] = [filesBelow(ought), filesBelow(is)]
  const [wantedSet, thereSet] = [new Set(wanted), new Set(there)]
  const changed: string[] = []
  const lineEnds: string[] = []
  for (const file of wanted.filter((one) => thereSet.has(one))) {
    const [a, b] = [path.join(ought, file), path.join(is, file)]
    const bytes = [a, b].map((one) => (lstat(one)?.isFile() === true ? readBytes(one) : undefined))
    const [one, other] = bytes
    if (one === undefined || other === undefined) changed.push(file)
    else if (!one.equals(other))
      (withoutReturns(one).equals(withoutReturns(other)) ? lineEnds : changed).push(file)
  }
  return {
    changed,
    lineEnds,
    missing: wanted.filter((file) => !thereSet.has(file)),
    extra: there.filter((file) => !wantedSet.has(file)),
  }
}

/** Whether a directory tree holds the same files with the same content as it ought to. */
export function sameTree(ought: string, is: string): boolean {
  return hasNoDrift(treeDrift(ought, is))
}

/** Whether nothing differs. */
export function hasNoDrift({ changed, lineEnds, missing, extra }: TreeDrift): boolean {
  return changed.length + lineEnds.length + missing.length + extra.length === 0
}

/** Text as it is with LF at the ends of its lines. Every other byte stays. */
function withoutReturns(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
}

/** What vendoring a root came to. */
interface VendorResult {
  /** Whether the vendor directory is another one than before. */
  readonly changed: boolean
  /** Whether there was none before, as where it is not committed. */
  readonly isNew: boolean
  readonly seconds: number
}

/**
 * Makes the vendor directory of a root anew. It is written elsewhere, and takes the place of the old one only when
 * it differs: a failed, cancelled or killed run leaves the old one and nothing else in the checkout, and an
 * unchanged one keeps its files' times.
 *
 * @param root a module, or a workspace (`go work vendor`, since Go 1.22)
 * @param options `retries`: how often a failure that may pass is tried again; `folder`: absolute path of this job's
 *   own folder
 * @throws GoFailed when the go command fails, or when it would have to change go.mod
 */
export async function vendorModules(
  root: Root,
  options: { readonly retries: number; readonly folder: string },
): Promise<VendorResult> {
  const seconds = elapsed()
  const target = path.join(root.directory, 'vendor')
  const scratch = makePrivateDirectory(path.join(options.folder, 'vendor-'))
  const stage = path.join(scratch, 'new')
  try {
    await vendorInto(stage, root, options.retries)
    const isNew = lstat(target) === undefined
    const changed = !sameTree(stage, target)
    if (changed) replace(target, stage, path.join(scratch, 'old'))
    return { changed, isNew: changed && isNew, seconds: seconds() }
  } finally {
    removeIfPossible(scratch)
  }
}

/** The command that vendors a root: `go mod vendor`, or in a workspace `go work vendor`. */
export function vendorCommand(root: Root): string {
  return root.goWork === undefined ? 'go mod vendor' : 'go work vendor'
}

/**
 * Makes the vendor directory of a root elsewhere; go.mod and go.sum stay as they are.
 *
 * @param stage absolute path of a directory that is not there yet; without dependencies it is not there afterwards
 * @throws GoFailed when the go command fails, or when it would have to change go.mod
 */
export async function vendorInto(stage: string, root: Root, retries: number): Promise<void> {
  const command = vendorCommand(root)
  const remembered = snapshotFiles(root.files)
  try {
    const ran = await runGo([...command.split(' ').slice(1), '-o', stage], {
      cwd: root.directory,
      retries,
    })
    if (ran.code !== 0) throw new GoCommandError(`\`${command}\` failed`, root, ran.stderr)
    const stale = remembered.changed().filter((file) => /\.(?:mod|work)$/.test(file))
    if (stale.length > 0)
      throw new GoCommandError(`\`${command}\` failed`, root, 'go: updates to go.mod needed')
  } finally {
    remembered.putBack()
  }
}

/** Without dependencies Go makes no directory: then there is to be none. */
function replace(target: string, stage: string, aside: string): void {
  const had = lstat(target) !== undefined
  if (had) moveTree(target, aside)
  try {
    if (isDirectory(stage)) moveTree(stage, target)
  } catch (error) {
    if (had) moveTree(aside, target)
    throw error
  }
}

/**
 * Has the go command check that a vendor directory agrees with go.mod, as every build begins with it
 * (cmd/go/internal/modload/vendor.go, checkVendorConsistency). It takes a few milliseconds and no network.
 *
 * @throws GoFailed with Go's reason when it does not agree
 */
export async function checkVendored(root: Root): Promise<void> {
  const ran = await runGo(['list', '-m'], { cwd: root.directory, retries: 0 })
  if (ran.code !== 0) throw new GoCommandError('The vendor directory cannot be used', root, ran.stderr)
}

/**
 * Offers what vendoring changed as a patch, for bots that make a commit of it. It stays in RUNNER_TEMP for later steps.
 *
 * @param roots all that there are
 * @param reports what came of their dependencies
 * @param folder absolute path of this job's own folder
 */
export async function offerVendorPatch(
  roots: readonly Root[],
  reports: readonly DependencyReport[],
  folder: string,
): Promise<void> {
  const labels = new Set(reports.flatMap((report) => (report.vendorChanged === true ? [report.label] : [])))
  const changed = roots.filter(({ label }) => labels.has(label))
  const [first] = changed
  if (first === undefined) return
  const file = path.join(makePrivateDirectory(path.join(temporaryFolder(), 'vendor-patch-')), 'vendor.patch')
  const scratch = makePrivateDirectory(path.join(folder, 'patch-'))
  makeDirectory(path.join(scratch, 'objects'))
  const folders = changed.map(({ directory }) => path.join(directory, 'vendor'))
  const trouble = await writePatch(first.directory, folders, file, scratch)
  if (trouble === undefined) runner.setOutput('vendor-patch', file)
  else runner.info(`There is no patch of the vendor directory: ${trouble}`)
}
