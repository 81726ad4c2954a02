import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { entrySource } from '../../../src/cache/archive/entry-source.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { restoreEntry } from '../../../src/cache/entries.ts'
import { makeKey } from '../../../src/cache/key.ts'
import { withStage } from '../../../src/cache/stage.ts'
import { githubStore } from '../../../src/cache/store/github.ts'
import { objectStore } from '../../../src/cache/store/object-store.ts'
import type { Store } from '../../../src/cache/store/store.ts'
import { onExit } from '../../../src/platform/processes.ts'

// A process of its own that restores or saves one entry, prints the result, and must then end by itself.

const [what = '', folder = '', address = '', length = '', seconds = '', maxBytes = ''] = process.argv.slice(2)
const deadlines = { restore: Number(seconds), save: Number(seconds) }

/** Restores the object at an address. */
async function restore(): Promise<unknown> {
  const url = new URL(address)
  const store: Store = objectStore(
    {
      name: 'test',
      unavailable: undefined,
      find: async (key) => ({ key, object: { url } }),
      create: async () => ({ kind: 'outrun' }),
    },
    deadlines,
  )
  const key = makeKey([{ name: 'a', value: 'b', of: '' }], 1)
  const { found, error } = await restoreEntry({ store, folder, variables: {} }, key, (entry) =>
    withStage(folder, (stage) => unpackEntry({ directory: entry, stage, readOnly: true })),
  )
  return { found, error }
}

/** Saves a file of random bytes to the service of the environment. */
async function save(): Promise<unknown> {
  mkdirSync(`${folder}/base/m`, { recursive: true })
  writeFileSync(`${folder}/base/m/file`, randomBytes(Number(length)))
  const units = [{ name: 'm', roots: ['m'] }]
  const request = { kind: 'modules', metadata: {}, base: `${folder}/base`, units } as const
  const most = maxBytes === '' ? Number.POSITIVE_INFINITY : Number(maxBytes)
  return githubStore(process.env, deadlines).save('k', entrySource(request, most), '/dev/null/unused')
}

// As main does.
const unregister = onExit(() => {})
const result = await (what === 'restore' ? restore() : save())
unregister()
process.stdout.write(`\nresult ${JSON.stringify(result)}\n`)
