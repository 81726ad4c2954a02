import * as path from 'node:path'
import { GoFailed } from '../go/failure.ts'
import { goWithRetries } from '../go/retry.ts'
import type { Root } from '../modules/roots.ts'
import { elapsed } from '../system/clock.ts'
import { isDirectory, look, makePrivateDirectory, moveTree, removeIfPossible } from '../system/files.ts'
import { rememberFiles } from './remembered-files.ts'
import { sameTree } from './tree-drift.ts'

/** What vendoring a root came to. */
export interface Vendored {
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
export async function vendor(
  root: Root,
  options: { readonly retries: number; readonly folder: string },
): Promise<Vendored> {
  const seconds = elapsed()
  const target = path.join(root.directory, 'vendor')
  const scratch = makePrivateDirectory(path.join(options.folder, 'vendor-'))
  const stage = path.join(scratch, 'new')
  try {
    await vendorInto(stage, root, options.retries)
    const isNew = look(target) === undefined
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
  const remembered = rememberFiles(root.files)
  try {
    const ran = await goWithRetries([...command.split(' ').slice(1), '-o', stage], {
      cwd: root.directory,
      retries,
    })
    if (ran.code !== 0) throw new GoFailed(`\`${command}\` failed`, root, ran.stderr)
    const stale = remembered.changed().filter((file) => /\.(?:mod|work)$/.test(file))
    if (stale.length > 0) throw new GoFailed(`\`${command}\` failed`, root, 'go: updates to go.mod needed')
  } finally {
    remembered.putBack()
  }
}

/** Without dependencies Go makes no directory: then there is to be none. */
function replace(target: string, stage: string, aside: string): void {
  const had = look(target) !== undefined
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
  const ran = await goWithRetries(['list', '-m'], { cwd: root.directory, retries: 0 })
  if (ran.code !== 0) throw new GoFailed('The vendor directory cannot be used', root, ran.stderr)
}
