import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { goTool } from '../go-tool-server.ts'
import { emulationVariable } from './emulation.ts'
import { mountFolding } from './folding-mount.ts'
import { makeSystemPrograms } from './system-programs.ts'

/** As much of macOS as Linux can be. */
export interface EmulatedMac {
  /** What a process needs to be in it, besides the limit of open files. */
  readonly environment: Readonly<Record<string, string>>
  /** Returns what git asked of the keychain. */
  readonly askedOfKeychain: () => readonly string[]
  readonly stop: () => Promise<void>
}

/** The soft limit of launchd for the processes that it starts (launchctl limit maxfiles). */
export const openFilesLimit = 256

/**
 * Emulates macOS on Linux: TMPDIR is on a file system that folds names, behind a link as /var is one to /private/var,
 * the programs of the system are those of macOS, and Node believes to be there.
 *
 * @param folder absolute path of an empty folder
 * @param environment the present one
 * @throws Error with the reason, when this machine cannot do it
 */
export async function startEmulatedMac(folder: string, environment: NodeJS.ProcessEnv): Promise<EmulatedMac> {
  chmodSync(folder, 0o755)
  const programs = makeSystemPrograms(path.join(folder, 'system'), environment.PATH ?? '')
  const mount = await mountFolding(folder, goTool('foldfs'))
  // With a slash at the end, as macOS has it (confstr, _CS_DARWIN_USER_TEMP_DIR), but shorter: tests make sockets in it.
  const temporary = `${path.join(folder, 'var/folders/zz/T')}/`
  mkdirSync(path.join(mount.folder, 'var'))
  symlinkSync('private/var', path.join(folder, 'var'))
  mkdirSync(temporary, { recursive: true })
  chmodSync(temporary, 0o1777)
  const own = {
    PATH: programs.PATH,
    TMPDIR: temporary,
    [emulationVariable]: path.join(import.meta.dirname, 'darwin.cjs'),
  }
  return { environment: own, askedOfKeychain: programs.askedOfKeychain, stop: mount.stop }
}
