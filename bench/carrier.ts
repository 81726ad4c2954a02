import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { runProcess } from '../testbed/process.ts'
import { bundle } from './actions.ts'
import { type Content, isRestored } from './content.ts'
import { isInMemory } from './machine.ts'

/** Two ways to move both caches between disk and cache service. Each operation is a process of its own, timed as a whole. */
export interface Carrier {
  /** Packs and saves, or restores and unpacks, with our archive and our client. Returns seconds. */
  readonly ours: Carry
  /** Passes the same directories to @actions/cache. Returns seconds. */
  readonly directories: Carry
  /** Packs our entries into a folder. */
  readonly pack: (folder: string) => Promise<void>
  /** Unpacks these entries below another folder, and removes that. Returns seconds. */
  readonly unpack: (folder: string, stage: string) => Promise<number>
}

/**
 * Saves or restores under a key.
 *
 * @param cache ACTIONS_* variables of the cache service
 */
export type Carry = (
  operation: 'save' | 'restore',
  key: string,
  cache: Readonly<Record<string, string>>,
) => Promise<number>

/**
 * Builds the programs of both ways.
 *
 * @param content both caches
 * @param folder absolute path of a folder for programs and temporary files
 */
export async function buildCarrier(content: Content, folder: string): Promise<Carrier> {
  const programs = path.join(folder, 'programs')
  const source = (name: string) => path.join(import.meta.dirname, name)
  await bundle([source('carry.ts'), source('carry-ours.ts'), source('../src/worker.ts')], programs)
  const contentFile = path.join(folder, 'content.json')
  writeFileSync(contentFile, JSON.stringify({ halves: content.halves }))
  const work = path.join(folder, 'work')
  const run = async (name: string, args: readonly string[], cache: Readonly<Record<string, string>> = {}) => {
    mkdirSync(work, { recursive: true })
    const { PATH = '', HOME = '' } = process.env
    const env = { PATH, HOME, ...cache, GITHUB_WORKSPACE: work, RUNNER_TEMP: work }
    // Pending writes of the previous operation must not slow this one down.
    await runProcess({ command: 'sync', args: [], cwd: work, env })
    const script = path.join(programs, `${name}.mjs`)
    const program = { command: process.execPath, args: [script, ...args], cwd: work, env }
    const { exitCode, stdout, stderr, seconds } = await runProcess(program)
    if (exitCode !== 0) throw new Error(`${name} ${args[0]} failed: ${stdout}${stderr}`)
    return seconds
  }
  return {
    async ours(operation, key, cache) {
      const seconds = await run('carry-ours', [operation, contentFile, work, key], cache)
      rmSync(work, { recursive: true })
      return seconds
    },
    async directories(operation, key, cache) {
      const directories = [content.gomodcache, content.gocache]
      if (operation === 'restore')
        for (const directory of directories) rmSync(directory, { recursive: true, force: true })
      const seconds = await run('carry', [operation, key, ...directories], cache)
      if (!isRestored(content)) throw new Error('the directories were not restored')
      return seconds
    },
    async pack(into) {
      await run('carry-ours', ['pack', contentFile, into])
    },
    async unpack(from, stage) {
      mkdirSync(stage, { recursive: true })
      const seconds = await run('carry-ours', ['unpack', contentFile, from, stage])
      rmSync(stage, { recursive: true })
      return seconds
    },
  }
}

/** The file system in memory that Linux has; undefined if it is absent, or holds less than 4 GB. */
export function memoryFolder(): string | undefined {
  const folder = '/dev/shm'
  try {
    const { bavail, bsize } = statfsSync(folder)
    return isInMemory(folder) && bavail * bsize >= 4e9 ? folder : undefined
  } catch {
    return undefined
  }
}
