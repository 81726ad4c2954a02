import * as fs from 'node:fs'
import * as path from 'node:path'
import { text } from 'node:stream/consumers'
import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache'
import { answerName, type CacheClientAnswer, type CacheClientRequest, entryName } from './client.ts'
import { envelopeRefusal } from './envelope.ts'

/** How often the cache client looks whether its parent is still there, in milliseconds. */
const parentInterval = 1000

/** The cache client's whole life: reads one request, asks @actions/cache, leaves the answer, ends. */
export async function cacheClientProcess(): Promise<void> {
  // Exceptions escape from the toolkit's upload streams; the answer, or its absence, tells what happened.
  process.on('uncaughtException', (error) => process.stdout.write(`${error.message}\n`))
  // Whoever asked is gone, and nobody reads the answer: to write of that would fail again, and for ever.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1))
  endWithParent()
  const request = JSON.parse(await text(process.stdin)) as CacheClientRequest
  const answer = await perform(request)
  const file = path.resolve(answerName)
  fs.writeFileSync(`${file}.new`, JSON.stringify(answer))
  fs.renameSync(`${file}.new`, file)
  // The toolkit's sockets would keep the process alive.
  process.stdout.write('', () => process.exit(0))
}

/** Without its parent nobody ends this process when a deadline passes, and a service may hang for ever. */
function endWithParent(): void {
  const parent = process.ppid
  const look = () => {
    if (isGone(parent)) process.exit(1)
  }
  setInterval(look, parentInterval).unref()
}

/** Windows keeps the number of a parent that has ended; elsewhere an orphan gets another parent. */
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
