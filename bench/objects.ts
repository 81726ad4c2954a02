import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { gaussian, randomNumbers, sourceText } from './source-tree.ts'

/** Sizes of build objects, in bytes: half are under 60 KB, the mean is about 190 KB. */
const size = { median: 60_000, spread: 1.5, largest: 8_000_000 }

/**
 * Writes a generated build cache in Go's layout: objects named by their SHA-256, and an action for each that
 * names it (cmd/go/internal/cache/cache.go, putIndexEntry).
 *
 * @param gocache absolute path of a folder
 * @param bytes total size
 * @returns number of objects
 */
export function writeObjects(gocache: string, bytes: number): number {
  const random = randomNumbers(2)
  const text = sourceText(random, (bytes < 1e8 ? 16 : 64) * 1024 * 1024)
  for (let index = 0; index < 256; index++)
    mkdirSync(path.join(gocache, index.toString(16).padStart(2, '0')), { recursive: true })
  let [written, objects] = [0, 0]
  for (; written < bytes; objects++) {
    const length = Math.min(
      size.largest,
      Math.floor(size.median * Math.exp(size.spread * gaussian(random))) + 64,
    )
    const start = Math.floor(random() * (text.length - length))
    const content = Buffer.from(text.subarray(start, start + length))
    content.write(`object ${objects}\n`, 0, 'latin1')
    const output = sha256(content)
    const action = sha256(Buffer.from(`action ${objects}`))
    write(gocache, `${output}-d`, content)
    write(gocache, `${action}-a`, actionText(action, output, length))
    written += length
  }
  return objects
}

function actionText(action: string, output: string, length: number): string {
  const nanoseconds = `${Date.now()}000000`
  return `v1 ${action} ${output} ${String(length).padStart(20)} ${nanoseconds.padStart(20)}\n`
}

function write(gocache: string, name: string, content: Buffer | string): void {
  writeFileSync(path.join(gocache, name.slice(0, 2), name), content)
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
