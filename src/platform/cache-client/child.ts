import * as fs from 'node:fs'
import * as path from 'node:path'
import { text } from 'node:stream/consumers'
import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache'
import { renamePatiently } from '../rename.ts'
import { answerName, type CacheClientAnswer, type CacheClientRequest, entryName } from './client.ts'
import { envelopeRefusal } from './envelope.ts'

/** How often the cache client checks that its parent still runs, in milliseconds. */
const parentInterval = 1000

/** Runs the cache client: reads one request, calls @actions/cache, writes the answer file and exits. */
export async function cacheClientProcess(): Promise<void> {
  // Exceptions escape from the toolkit's upload streams. The answer file, or its absence, reports the outcome.
  process.on('uncaughtException', (error) => process.stdout.write(`${error.message}\n`))
  // The parent is gone and reads no output. Writing this error to the closed pipe would fail in an endless loop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1))
  endWithParent()
  const request = JSON.parse(await text(process.stdin)) as CacheClientRequest
  const answer = await perform(request)
  const file = path.resolve(answerName)
  fs.writeFileSync(`${file}.new`, JSON.stringify(answer))
  renamePatiently(`${file}.new`, file)
  // The toolkit's sockets would keep the process alive.
  process.stdout.write('', () => process.exit(0))
}

/** Exits when the parent is gone: only the parent enforces the deadline, and a service may hang forever. */
function endWithParent(): void {
  const parent = process.ppid
  const exitIfOrphaned = () => {
    if (isGone(parent)) process.exit(1)
  }
  setInterval(exitIfOrphaned, parentInterval).unref()
}

/** Whether the parent has ended. Windows keeps the ID of an ended parent; elsewhere an orphan gets another parent. */
function isGone(parent: number): boolean {
  if (process.platform !== 'win32') return process.ppid !== parent
  try {
    return !process.kill(parent, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

async function perform(request: CacheClientRequest): Promise<CacheClientAnswer> {
  if (!isFeatureAvailable()) return { error: 'the cache service is not available' }
  const [paths, acrossSystems] = [[entryName], true]
  try {
    if (request.operation === 'save') {
      const id = await saveCache(paths, request.key, undefined, acrossSystems)
      return { saved: id !== -1 }
    }
    const options = { lookupOnly: request.operation === 'lookup' }
    const key = await restoreCache(paths, request.key, [...request.prefixes], options, acrossSystems)
    if (key !== undefined) return { key }
    const corrupt = envelopeRefusal()
    return corrupt === undefined ? {} : { corrupt }
  } catch (error) {
    return { error: (error as Error).message }
  }
}
