import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { createInterface } from 'node:readline'

/** A mounted file system that folds names as APFS does. */
export interface FoldingMount {
  /** Absolute path of its top. */
  readonly folder: string
  /** Unmounts it. */
  readonly stop: () => Promise<void>
}

/**
 * Mounts the file system of `foldfs`. It ends with this process, however that ends.
 *
 * @param folder absolute path of a folder; the mount is `private` in it
 * @param program absolute path of foldfs
 * @throws Error with the reason, when this machine does not allow it
 */
export async function mountFolding(folder: string, program: string): Promise<FoldingMount> {
  if (!existsSync('/dev/fuse')) throw new Error('there is no /dev/fuse')
  const [mount, disk] = [path.join(folder, 'private'), path.join(folder, 'disk')]
  for (const one of [mount, disk]) mkdirSync(one)
  // Its standard input ends when this process does, and then it unmounts.
  const server = spawn(program, [mount, disk], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()))
  await waitForMount(server)
  return {
    folder: mount,
    stop: async () => {
      server.stdin?.end()
      await ended
    },
  }
}

function waitForMount(server: ChildProcess): Promise<void> {
  let errors = ''
  server.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk
    process.stderr.write(chunk)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('close', () =>
      reject(new Error(errors.trim() || 'foldfs ended before it had mounted anything')),
    )
    if (server.stdout) createInterface({ input: server.stdout }).once('line', () => resolve())
  })
}
