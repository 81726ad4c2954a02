import * as fs from 'node:fs'
import * as path from 'node:path'
import { text } from 'node:stream/consumers'
import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache'
import { answerName, type CarrierAnswer, entryName, type Request } from './carrier.ts'

/** The carrier's whole life: reads one request, asks @actions/cache, leaves the answer, ends. */
export async function carrierProcess(): Promise<void> {
  // Exceptions escape from the toolkit's upload streams; the answer, or its absence, tells what happened.
  process.on('uncaughtException', (error) => process.stdout.write(`${error.message}\n`))
  // Whoever asked is gone, and nobody reads the answer: to write of that would fail again, and for ever.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1))
  const request = JSON.parse(await text(process.stdin)) as Request
  const answer = await perform(request)
  const file = path.resolve(answerName)
  fs.writeFileSync(`${file}.new`, JSON.stringify(answer))
  fs.renameSync(`${file}.new`, file)
  // The toolkit's sockets would keep the process alive.
  process.stdout.write('', () => process.exit(0))
}

async function perform(request: Request): Promise<CarrierAnswer> {
  if (!isFeatureAvailable()) return { error: 'the cache service is not available' }
  const [paths, acrossSystems] = [[entryName], true]
  try {
    if (request.operation === 'save') {
      const id = await saveCache(paths, request.key, undefined, acrossSystems)
      return { saved: id !== -1 }
    }
    const options = { lookupOnly: request.operation === 'lookup' }
    const key = await restoreCache(paths, request.key, [...request.prefixes], options, acrossSystems)
    return key === undefined ? {} : { key }
  } catch (error) {
    return { error: (error as Error).message }
  }
}
