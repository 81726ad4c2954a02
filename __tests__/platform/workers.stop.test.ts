import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Shard } from '../../src/cache/archive/manifest.ts'
import type { UnpackShardJob } from '../../src/cache/archive/unpack-shard.ts'
import { runWorkers } from '../../src/platform/workers.ts'
import { randomNumbers } from '../bundle/killed-machine.ts'
import { member, end as tarEnd } from '../cache/archive/forged.ts'
import { isFull } from '../harness/extent.ts'
import { temporaryFolder } from '../temporary.ts'

const blocks = 20_000

/** A shard with one file, in a frame for each block, and the thread's work to unpack it. */
function slowShard(folder: string): (name: string) => UnpackShardJob {
  const size = blocks * 512
  const head = member({ path: 'root', size }).subarray(0, 512)
  const frame = (tar: Buffer) => ({ bytes: zstdCompressSync(tar), raw: tar.length })
  const middle = frame(Buffer.alloc(512, 'x'))
  const frames = [frame(head), ...Array.from({ length: blocks }, () => middle), frame(tarEnd)]
  const content = Buffer.concat(frames.map(({ bytes }) => bytes))
  const file = path.join(folder, 'shard')
  writeFileSync(file, content)
  const shard: Shard = {
    ...{ name: 'shard-0.tar.zst', length: content.length, files: 1, bytes: size },
    sha256: createHash('sha256').update(content).digest('hex'),
    frames: frames.map(({ bytes, raw }) => ({ packed: bytes.length, raw })),
  }
  return (name) => {
    const stage = path.join(folder, name)
    mkdirSync(stage)
    return {
      ...{ place: { file }, shard, stage, roots: ['root'], skipRoots: ['root'], readOnlyRoots: [] },
      ...{ mtimeSeconds: undefined, verifyBuildObjects: false },
    }
  }
}

// Node aborts the process when a thread is stopped while it creates a compressor.
test('threads can be stopped at any moment while they decompress', async () => {
  const folder = temporaryFolder()
  const job = slowShard(folder)
  const random = randomNumbers(1)
  const rounds = isFull ? 500 : 20
  for (let round = 0; round < rounds; round++) {
    const tasks = () => ['a', 'b', 'c'].map((name) => ({ task: 'unpack-shard', data: job(name) }))
    const stopped = runWorkers(3, 1e9, tasks, 0.1 + random() * 0.03)
    await expect(stopped).rejects.toMatchObject({ code: 'worker-timeout' })
    for (const name of ['a', 'b', 'c']) rmSync(path.join(folder, name), { recursive: true, maxRetries: 5 })
  }
}, 600_000)
