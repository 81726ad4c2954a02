import * as fs from 'node:fs'
import * as path from 'node:path'

/**
 * Finds a program as a shell does, but in absolute folders of PATH alone: `.` or an empty element would run what a checkout
 * brings along, which is why Go refuses such programs, too (os/exec, ErrDot). Windows looks into the current directory
 * first. Folders that cannot be read hold nothing to run, and nothing is said of them.
 *
 * @param name a bare name, or an absolute path
 * @param environment holds PATH, and on Windows PATHEXT
 * @param platform the system, in the words of Node
 * @returns its absolute path; undefined when there is none
 */
export function findProgram(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const paths = platform === 'win32' ? path.win32 : path.posix
  const extensions = platform === 'win32' ? extensionsOf(name, variable(environment, 'PATHEXT')) : ['']
  const folders = variable(environment, 'PATH').split(paths.delimiter)
  const files = paths.isAbsolute(name)
    ? [name]
    : folders
        // Windows allows quotes around a folder.
        .map((folder) => (platform === 'win32' ? folder.replaceAll('"', '') : folder))
        .filter((folder) => paths.isAbsolute(folder))
        .map((folder) => paths.join(folder, name))
  return files
    .flatMap((file) => extensions.map((extension) => `${file}${extension}`))
    .find((file) => isProgram(file, platform))
}

/** A program that comes with Windows, whatever PATH says: `taskkill` as `C:\Windows\System32\taskkill.exe`. */
export function windowsProgram(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return path.win32.join(variable(environment, 'SYSTEMROOT') || 'C:\\Windows', 'System32', `${name}.exe`)
}

/** Windows spells its variables as it likes. */
function variable(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const found = Object.keys(environment).find((key) => key.toUpperCase() === name)
  return (found === undefined ? undefined : environment[found]) ?? ''
}

/** A name that ends in one of them is whole. */
function extensionsOf(name: string, pathext: string): readonly string[] {
  const all = (pathext || '.COM;.EXE;.BAT;.CMD').split(';').filter((one) => one !== '')
  return all.some((one) => name.toUpperCase().endsWith(one.toUpperCase())) ? [''] : all
}

function isProgram(file: string, platform: NodeJS.Platform): boolean {
  try {
    // Windows has no permission to start a file; its extension says it.
    fs.accessSync(file, platform === 'win32' ? fs.constants.F_OK : fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}
