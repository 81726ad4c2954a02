// Where tests put their temporary folders. They make and remove some hundred thousand small files, which costs a disk
// file system as much time as everything else together.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
const prefix = 'go-deps-tests-'
/** What statfs calls a file system in memory (linux/magic.h, TMPFS_MAGIC). */
const tmpfs = 0x01021994
/** All tests of the full run together never hold more, in bytes. */
const needed = 4 * 1024 ** 3

/**
 * Makes a temporary folder in memory, if this machine has room for it there and the caller has not chosen a TMPDIR.
 * @param {NodeJS.ProcessEnv} environment the caller's environment, not changed
 * @returns {{ environment: NodeJS.ProcessEnv, remove: () => void }} the environment of the tests, and what ends it
 */
export function withMemoryFolder(environment) {
  const kept = { environment, remove: () => {} }
  if (process.platform !== 'linux' || environment.TMPDIR) return kept
  try {
    const { type, bavail, bsize } = statfsSync(memory)
    if (type !== tmpfs || bavail * bsize < needed || freemem() < 2 * needed) return kept
    removeLeftovers()
    const folder = mkdtempSync(join(memory, `${prefix}${process.pid}-`))
    const remove = () => removeFolder(folder)
    if (!runsPrograms(folder)) {
      remove()
      return kept
    }
    // As /tmp: tests run jobs as other users, too.
    chmodSync(folder, 0o1777)
    return { environment: { ...environment, TMPDIR: folder }, remove }
  } catch {
    return kept
  }
}

/** Removes the folders of runs that were killed: memory is not a place where they may stay. */
function removeLeftovers() {
  for (const name of readdirSync(memory)) {
    const [, pid] = /^go-deps-tests-(\d+)-/.exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid))) removeFolder(join(memory, name))
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/** @param {string} folder absolute path of what may hold modules, which Go write-protects */
function removeFolder(folder) {
  spawnSync('chmod', ['-R', 'u+w', folder])
  rmSync(folder, { recursive: true, force: true })
}

/**
 * Containers often mount it so that nothing runs from there.
 * @param {string} folder absolute path
 */
function runsPrograms(folder) {
  const program = join(folder, 'program')
  writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  const { status } = spawnSync(program)
  rmSync(program)
  return status === 0
}
