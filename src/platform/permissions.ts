import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { anyCaseVariable, processEnv, type Variables } from './environment.ts'
import { windowsProgram } from './processes.ts'
import { debug } from './runner.ts'

/** Runs icacls with these arguments, and returns whether it succeeded. */
type Icacls = (args: readonly string[]) => boolean

/**
 * Returns this user on Windows, in the notation of icacls: `*S-1-5-20`, or `DOMAIN\\name` without whoami. The variable
 * USERNAME of a service does not name the user but the machine, as `MACHINE$`, so it does not count.
 *
 * @param whoami output of `whoami /user /fo csv /nh`, such as `"nt authority\\network service","S-1-5-20"`; undefined
 *   when it failed
 * @param variables the environment
 * @returns undefined when the user is unknown
 */
export function windowsUser(whoami: string | undefined, variables: Variables): string | undefined {
  const sid = /\b(S-1(?:-\d+)+)"?\s*$/.exec(whoami ?? '')?.[1]
  if (sid !== undefined) return `*${sid}`
  const [domain, name] = ['USERDOMAIN', 'USERNAME'].map((one) => anyCaseVariable(variables, one))
  if (name === undefined || name === '' || name.endsWith('$')) return undefined
  return domain === '' ? name : `${domain}\\${name}`
}

/**
 * Restricts a new, empty folder to this user on Windows, where a mode does not do it. There a folder inherits its
 * permissions, and all users of the machine may be able to read a runner's folders. The user gets an own right before
 * the inherited ones are removed, as actions/checkout does for its keys. If the user can no longer write then, the
 * permissions are reset.
 *
 * @param folder absolute path
 * @param user the user, in the notation of icacls; undefined when it is unknown
 * @param icacls runs that program (learn.microsoft.com, "icacls")
 * @param canWrite whether this user can still write there
 * @returns what went wrong, as a sentence part; undefined on success
 */
export function restrictToUser(
  folder: string,
  user: string | undefined,
  icacls: Icacls,
  canWrite: () => boolean,
): string | undefined {
  if (user === undefined) return 'the name of this user is unknown'
  if (!icacls([folder, '/grant:r', `${user}:(OI)(CI)F`])) return `${user} cannot be given permissions`
  if (!icacls([folder, '/inheritance:r'])) return 'inherited permissions cannot be removed'
  if (canWrite()) return undefined
  icacls([folder, '/reset'])
  return `${user} could no longer write there`
}

/** Restricts a folder to this user on Windows. If that fails, the folder keeps its inherited permissions. */
export function restrictToOwner(folder: string): void {
  if (process.platform !== 'win32') return
  // The system's own programs: a shell that came with git may put others first on PATH.
  const start = (name: string, args: readonly string[]) =>
    spawnSync(windowsProgram(name), args, { windowsHide: true, timeout: 10_000, encoding: 'utf8' })
  const whoami = start('whoami', ['/user', '/fo', 'csv', '/nh'])
  const user = windowsUser(whoami.status === 0 ? whoami.stdout : undefined, processEnv())
  const icacls: Icacls = (args) => start('icacls', args).status === 0
  const fault = restrictToUser(folder, user, icacls, () => canWriteFile(path.join(folder, 'probe')))
  if (fault !== undefined) debug(`${folder} keeps the permissions of its parent folder: ${fault}`)
}

function canWriteFile(file: string): boolean {
  try {
    fs.writeFileSync(file, '')
    fs.rmSync(file)
    return true
  } catch {
    return false
  }
}

/**
 * Lets the owner write to a folder and its content.
 *
 * @param folder absolute path
 * @param what `directories`: only those, which is enough to remove the tree. Files that another user owns, or that have
 *   hard links elsewhere, stay unchanged
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
 * Makes sure that a folder exists that others may read but only this user may change.
 *
 * @param folder absolute path; the folders above it exist
 * @returns false when others may have written there; Windows reports no owner, so any directory passes
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
