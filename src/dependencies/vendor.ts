import * as path from 'node:path'
import { GoCommandError, type GoEnv, runGo } from '../gocmd/index.ts'
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

/** The differences of a directory tree from the expected one, by paths in it, with `/`. */
export interface TreeDrift {
  readonly changed: readonly string[]
  /** Files whose content differs only in line ends. */
  readonly lineEnds: readonly string[]
  readonly missing: readonly string[]
  readonly extra: readonly string[]
}

/**
 * Compares a directory tree with the expected one, file by file. Modes and times do not count, nor do empty
 * directories, which git does not track.
 *
 * @param expected absolute path of the expected tree; an absent tree holds no files
 * @param actual absolute path of the actual tree; an absent tree holds no files
 */
export function treeDrift(expected: string, actual: string): TreeDrift {
  const [expectedFiles, actualFiles] = [filesBelow(expected), filesBelow(actual)]
  const [expectedSet, actualSet] = [new Set(expectedFiles), new Set(actualFiles)]
  const changed: string[] = []
  const lineEnds: string[] = []
  for (const file of expectedFiles.filter((one) => actualSet.has(one))) {
    const [a, b] = [path.join(expected, file), path.join(actual, file)]
    const bytes = [a, b].map((one) => (lstat(one)?.isFile() === true ? readBytes(one) : undefined))
    const [one, other] = bytes
    if (one === undefined || other === undefined) changed.push(file)
    else if (!one.equals(other))
      (withoutReturns(one).equals(withoutReturns(other)) ? lineEnds : changed).push(file)
  }
  return {
    changed,
    lineEnds,
    missing: expectedFiles.filter((file) => !actualSet.has(file)),
    extra: actualFiles.filter((file) => !expectedSet.has(file)),
  }
}

/** Whether a directory tree holds the same files with the same content as the expected one. */
export function sameTree(expected: string, actual: string): boolean {
  return hasNoDrift(treeDrift(expected, actual))
}

/** Whether nothing differs. */
export function hasNoDrift({ changed, lineEnds, missing, extra }: TreeDrift): boolean {
  return changed.length + lineEnds.length + missing.length + extra.length === 0
}

/** Replaces CRLF by LF. Every other byte stays. */
function withoutReturns(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
}

/** The result of vendoring a root. */
interface VendorResult {
  /** Whether the vendor directory changed. */
  readonly changed: boolean
  /** Whether there was none before, as when it is not committed. */
  readonly isNew: boolean
  readonly seconds: number
}

/**
 * Rebuilds the vendor directory of a root. It is built elsewhere, and replaces the old one only when it differs. So a
 * failed, cancelled or killed run keeps the old one and adds nothing to the checkout. An unchanged vendor directory
 * keeps the times of its files.
 *
 * @param root a module, or a workspace (`go work vendor`, since Go 1.22)
 * @param options `retries`: maximum number of retries of a transient failure; `folder`: absolute path of this job's own
 *   folder
 * @throws GoCommandError when the go command fails, or when it would have to change go.mod
 */
export async function vendorModules(
  root: Root,
  options: { readonly env: GoEnv; readonly retries: number; readonly folder: string },
): Promise<VendorResult> {
  const seconds = elapsed()
  const target = path.join(root.directory, 'vendor')
  const scratch = makePrivateDirectory(path.join(options.folder, 'vendor-'))
  const stage = path.join(scratch, 'new')
  try {
    await vendorInto(stage, root, options)
    const isNew = lstat(target) === undefined
    const changed = !sameTree(stage, target)
    if (changed) replace(target, stage, path.join(scratch, 'old'))
    return { changed, isNew: changed && isNew, seconds: seconds() }
  } finally {
    removeIfPossible(scratch)
  }
}

/** Returns the command that vendors a root: `go mod vendor`, or in a workspace `go work vendor`. */
export function vendorCommand(root: Root): string {
  return root.goWork === undefined ? 'go mod vendor' : 'go work vendor'
}

/**
 * Builds the vendor directory of a root in another place; go.mod and go.sum stay unchanged.
 *
 * @param stage absolute path of a directory that does not exist yet; without dependencies, Go does not create it
 * @throws GoCommandError when the go command fails, or when it would have to change go.mod
 */
export async function vendorInto(
  stage: string,
  root: Root,
  { env, retries }: { readonly env: GoEnv; readonly retries: number },
): Promise<void> {
  const command = vendorCommand(root)
  const snapshot = snapshotFiles(root.files)
  try {
    const ran = await runGo([...command.split(' ').slice(1), '-o', stage], {
      cwd: root.directory,
      env,
      retries,
    })
    if (ran.code !== 0) throw new GoCommandError(`\`${command}\` failed`, root, ran)
    const stale = snapshot.changed().filter((file) => /\.(?:mod|work)$/.test(file))
    if (stale.length > 0)
      throw new GoCommandError(`\`${command}\` failed`, root, {
        ...ran,
        stderr: 'go: updates to go.mod needed',
      })
  } finally {
    snapshot.restore()
  }
}

/** Replaces the vendor directory. Without dependencies Go creates none: then the old one is only removed. */
function replace(target: string, stage: string, backup: string): void {
  const existed = lstat(target) !== undefined
  if (existed) moveTree(target, backup)
  try {
    if (isDirectory(stage)) moveTree(stage, target)
  } catch (error) {
    if (existed) moveTree(backup, target)
    throw error
  }
}

/**
 * Makes the go command check that a vendor directory agrees with go.mod, as at the start of every build
 * (cmd/go/internal/modload/vendor.go, checkVendorConsistency). It takes a few milliseconds and no network.
 *
 * @throws GoCommandError with Go's reason when it does not agree
 */
export async function checkVendored(root: Root, env: GoEnv): Promise<void> {
  const ran = await runGo(['list', '-m'], { cwd: root.directory, env })
  if (ran.code !== 0) throw new GoCommandError('The vendor directory cannot be used', root, ran)
}

/**
 * Offers the changes of vendoring as a patch, for bots that commit it. It stays in RUNNER_TEMP for later steps.
 *
 * @param roots all roots
 * @param reports the reports on their dependencies
 * @param folder absolute path of this job's own folder
 */
export async function offerVendorPatch(
  roots: readonly Root[],
  reports: readonly DependencyReport[],
  folder: string,
  { variables }: GoEnv,
): Promise<void> {
  const labels = new Set(reports.flatMap((report) => (report.vendorChanged === true ? [report.label] : [])))
  const changed = roots.filter(({ label }) => labels.has(label))
  const [first] = changed
  if (first === undefined) return
  const file = path.join(makePrivateDirectory(path.join(temporaryFolder(), 'vendor-patch-')), 'vendor.patch')
  const scratch = makePrivateDirectory(path.join(folder, 'patch-'))
  makeDirectory(path.join(scratch, 'objects'))
  const folders = changed.map(({ directory }) => path.join(directory, 'vendor'))
  const fault = await writePatch(first.directory, folders, file, scratch, variables)
  if (fault === undefined) runner.setOutput('vendor-patch', file)
  else runner.info(`The patch of the vendor directory could not be written: ${fault}`)
}
