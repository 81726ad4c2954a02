import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { onTestFinished } from 'vitest'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { restoreEntry } from '../../../src/cache/entries.ts'
import { makeKey } from '../../../src/cache/key.ts'
import { downloadEntry } from '../../../src/cache/store/download.ts'
import { objectStore } from '../../../src/cache/store/object-store.ts'
import { openConnections } from '../../../src/platform/http.ts'
import type { RemoteObject } from '../../../src/platform/remote-object.ts'
import { newStage, type ObjectServer, objectOf, serviceOf } from '../../harness/object-server.ts'
import { temporaryFolder } from '../../temporary.ts'
import { readTree } from '../archive/trees.ts'

/** An object, and what it must unpack to. */
export interface Stored {
  readonly object: Buffer
  readonly tree: Readonly<Record<string, string>>
}

/** Packs files of these lengths, each of them a unit, in two shards. */
export async function stored(lengths: readonly number[]): Promise<Stored> {
  const base = mkdtempSync(path.join(tmpdir(), 'go-deps-test-'))
  for (const [index, length] of lengths.entries()) {
    mkdirSync(path.join(base, `m${index}`))
    writeFileSync(path.join(base, `m${index}`, 'file'), randomBytes(length))
  }
  const units = lengths.map((_, index) => ({ name: `m${index}`, roots: [`m${index}`] }))
  const object = await objectOf({ kind: 'modules', metadata: {}, base, units, shards: 2 })
  const tree = readTree(base)
  rmSync(base, { recursive: true, maxRetries: 5 })
  return { object, tree }
}

/** Restores an object as main does. Measures the duration, and checks that a miss leaves nothing in place. */
export async function restore(server: ObjectServer, seconds = 60, renew?: () => Promise<URL>) {
  const began = performance.now()
  const store = objectStore(serviceOf(server, renew), { restore: seconds, save: seconds })
  const folder = temporaryFolder()
  const place = path.join(folder, 'place')
  const transfer = { store, folder, variables: {} }
  const outcome = await restoreEntry(transfer, makeKey([{ name: 'a', value: 'b', of: '' }], 1), (entry) =>
    unpackEntry({ directory: entry, stage: place, readOnly: false }),
  )
  const tree = outcome.found === 'miss' || !existsSync(place) ? undefined : readTree(place)
  return { outcome, tree, seconds: (performance.now() - began) / 1000 }
}

/** Ends the requests that a test leaves open. */
export function untilTheEnd(): AbortSignal {
  const end = new AbortController()
  onTestFinished(() => end.abort(new Error('the test has ended')))
  return end.signal
}

/** Downloads and unpacks an object without pauses before retries. */
export async function download(server: ObjectServer, renew?: () => Promise<URL>) {
  const connections = openConnections()
  onTestFinished(() => connections.close())
  const counts = { bytes: 0, requests: 0, retries: 0 }
  const options = { signal: untilTheEnd(), connections, counts, pause: async () => {} }
  const object: RemoteObject = { url: server.url, ...(renew === undefined ? {} : { renew }) }
  const entry = await downloadEntry(object, options, () => {})
  const stage = newStage()
  await unpackEntry({ directory: entry, stage, readOnly: false })
  await entry.done
  return { counts, tree: readTree(stage) }
}
