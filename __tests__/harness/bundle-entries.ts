import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Absolute path of the folder with the bundles of the sources as they are now. */
    bundledEntries: string
  }
}

/** Bundles the sources once for a run of tests, so that no test starts what an earlier build left in dist. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'go-deps-entries-'))
  const script = path.resolve(import.meta.dirname, '../../scripts/build.mjs')
  await promisify(execFile)(process.execPath, [script, folder])
  project.provide('bundledEntries', folder)
  return () => rm(folder, { recursive: true, force: true })
}
