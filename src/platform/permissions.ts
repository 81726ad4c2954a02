import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { windowsProgram } from './processes.ts'
import { debug } from './runner.ts'

/** Runs icacls with these arguments; whether it did what it was told. */
type Icacls = (args: readonly string[]) => boolean

/**
 * Takes a new, empty folder from everybody but this user, where a mode does not do it: on Windows a folder has the rights of
 * the one above it, and a runner's folders may be read by all users of the machine. The user gets a right of his own before
 * those from above go, as actions/checkout does it with its keys, and where he could no longer write then, all is put back.
 *
 * @param folder absolute path
 * @param variables the environment, which names the user
 * @param icacls runs that program (learn.microsoft.com, "icacls")
 * @param canWrite whether this user can still write there
 * @returns what went wrong, as a sentence part; undefined when the folder is the user's alone
 */
export function restrictToUser(
  folder: string,
  variables: Readonly<Record<string, string | undefined>>,
  icacls: Icacls,
  canWrite: () => boolean,
): string | undefined {
  const { USERDOMAIN = '', USERNAME = '' } = variables
  if (USERNAME === '') return 'nothing tells who this user is'
  const user = USERDOMAIN === '' ? USERNAME : `${USERDOMAIN}\\${USERNAME}`
  if (!icacls([folder, '/grant:r', `${user}:(OI)(CI)F`])) return `${user} cannot be given rights`
  if (!icacls([folder, '/inheritance:r'])) return 'inherited rights cannot be taken away'
  if (canWrite()) return undefined
  icacls([folder, '/reset'])
  return `${user} could not write there any more`
}

/** Takes a folder from everybody else on Windows; where that cannot be, the rights of the folder above stay. */
export function restrictToOwner(folder: string): void {
  if (process.platform !== 'win32') return
  // The one of the system: a shell that came with git may bring another first on PATH.
  const program = windowsProgram('icacls')
  const icacls: Icacls = (args) =>
    spawnSync(program, args, { windowsHide: true, timeout: 10_000 }).status === 0
  const fault = restrictToUser(folder, process.env, icacls, () => isWritten(path.join(folder, 'probe')))
  if (fault !== undefined) debug(`${folder} keeps the rights of the folder above it: ${fault}`)
}

function isWritten(file: string): boolean {
  try {
    fs.writeFileSync(file, '')
    fs.rmSync(file)
    return true
  } catch {
    return false
  }
}

/**
 * Lets the owner write to a folder and what is in it.
 *
 * @param folder absolute path
 * @param what `directories`: those alone, which is enough to remove the tree, and files that somebody else owns or
 *   that have another name elsewhere are left as they are
 */
export function makeTreeWritable(folder: string, what: 'directories' | 'everything'): void {
  allow(folder, 0o700)
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name)
    if (entry.isDirectory()) makeTreeWritable(inside, what)
    else if (entry.isFile() && what === 'everything') allow(inside, 0o200)
  }
}

/**
 * Makes sure that there is a folder which others may read, and nobody but this user may change.
 *
 * @param folder absolute path; the folders above it are there
 * @returns false when something is there that others may have filled; Windows does not tell
 */
export function makeOwnedDirectory(folder: string): boolean {
  try {
    fs.mkdirSync(folder, { mode: 0o755 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const stats = fs.lstatSync(folder)
  if (!stats.isDirectory()) return false
  return process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o022) === 0)
}

function allow(target: string, permissions: number): void {
  fs.chmodSync(target, fs.statSync(target).mode | permissions)
}
