import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { unpackEntry } from '../../src/cache/archive/unpack.ts'
import { chooseStore } from '../../src/cache/store/choose.ts'
import type { CacheService } from '../../testbed/cache-service/service.ts'

/**
 * Unpacks every entry of a cache service, because nothing can be found in what is compressed.
 *
 * @param folder absolute path; a folder for each entry is made there
 * @returns the keys
 */
export async function unpackEntries(service: CacheService, folder: string): Promise<readonly string[]> {
  for (const [name, value] of Object.entries(service.environment())) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const keys = service.entries().map(({ key }) => key)
  for (const key of keys) {
    const [directory, stage] = [path.join(folder, key, 'entry'), path.join(folder, key, 'stage')]
    mkdirSync(path.dirname(directory), { recursive: true })
    const store = chooseStore(process.env, path.dirname(directory))
    const answer = await store.restore(key, [], directory)
    if (answer.kind !== 'restored') throw new Error(`no entry ${key}: ${JSON.stringify(answer)}`)
    await unpackEntry({ directory: answer.entry, stage, readOnly: false })
  }
  return keys
}
