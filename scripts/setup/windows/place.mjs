// Where the parts of the emulated Windows are.
import { basename, join } from 'node:path'
import { root, tools } from '../place.mjs'

/** Everything of it; kept between runs. */
export const windows = join(tools, 'windows')

/** The root of a Debian that has Wine. */
export const debian = join(windows, 'root')

/** Programs for Windows, downloaded or built. Keep this folder between machines: it is what takes the time. */
export const programs = join(windows, 'tools')

/** Wine's own folder: the registry, and drive C:. */
export const prefix = join(windows, 'prefix')

/** Drive C:. */
export const driveC = join(prefix, 'drive_c')

/** Drive D:, where a runner's work and temporary folders are. */
export const driveD = join(windows, 'd')

/** The user of all programs: root may write to read-only files, and that would hide faults. */
export const user = 1234

/**
 * Where the copy of this repository is, as a runner has it; another one for each clone that shares its tools.
 * @returns {string}
 */
export function cloneOnD() {
  return join(driveD, 'a', basename(root), basename(root))
}
