import { closeSync, openSync, readSync } from 'node:fs'
import * as path from 'node:path'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { frameSize, largestPacked } from '../../src/cache/archive/manifest.ts'
import { packContent, restoreContent } from '../content.ts'
import type { Context } from '../context.ts'
import { loadPack, type Pack } from '../pack.ts'
import type { Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'

export const levels: Scenario = {
  name: 'levels',
  does: 'levels of zstd: 1, 6 and 9 against 3, which ours uses',
  note: 'On one thread, over frames of real entries as ours cuts them, half of them modules and half build objects.',
  run: measure,
}

interface Measured {
  readonly level: number
  /** In bytes. */
  readonly size: number
  /** In seconds. */
  readonly pack: number
  readonly unpack: number
}

const usual = 3

async function measure(context: Context): Promise<readonly Row[]> {
  const content = await restoreContent(context)
  const folder = path.join(context.folder, 'levels')
  const code = await loadPack(path.join(folder, 'bundle'))
  await packContent(code, content, folder)
  const count = context.options.quick ? 1 : 12
  const frames = content.halves.flatMap(({ kind }) => framesOf(code, path.join(folder, kind), count))
  const measured = [usual, 1, 6, 9].map((level) => compress(level, frames))
  const base = measured[0]
  if (base === undefined) return []
  return measured.slice(1).flatMap((one): readonly Row[] => {
    const common = { versus: `level ${usual}`, judged: 'ratio' } as const
    const [name, what] = [`level-${one.level}`, `zstd level ${one.level}`]
    const size = { ours: one.size / 1e6, other: base.size / 1e6 }
    return [
      { name: `${name}-size`, what: `${what}: size`, ...common, unit: 'megabytes', pairs: [size] },
      ...(['pack', 'unpack'] as const).map(
        (step): Row => ({
          ...{ name: `${name}-${step}`, what: `${what}: ${step}ing`, ...common, unit: 'seconds' },
          pairs: [{ ours: one[step], other: base[step] }],
        }),
      ),
    ]
  })
}

/** The first frames of an entry, decompressed. */
function framesOf(code: Pack, directory: string, count: number): readonly Buffer[] {
  const shard = code.readManifest(directory).shards[0]
  if (shard === undefined) return []
  const fd = openSync(path.join(directory, shard.name), 'r')
  try {
    let at = 0
    return shard.frames.slice(0, count).map(({ packed }) => {
      const bytes = Buffer.alloc(packed)
      readSync(fd, bytes, 0, packed, at)
      at += packed
      return zstdDecompressSync(bytes)
    })
  } finally {
    closeSync(fd)
  }
}

function compress(level: number, frames: readonly Buffer[]): Measured {
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_windowLog]: Math.log2(frameSize),
    // As in src/cache/archive/shard-writer.ts; higher levels search for shorter matches by design.
    ...(level === usual ? { [constants.ZSTD_c_minMatch]: 6 } : {}),
  }
  const start = performance.now()
  const packed = frames.map((frame) => zstdCompressSync(frame, { chunkSize: largestPacked, params }))
  const middle = performance.now()
  for (const frame of packed) zstdDecompressSync(frame, { chunkSize: frameSize })
  return {
    level,
    size: packed.reduce((sum, { length }) => sum + length, 0),
    pack: (middle - start) / 1000,
    unpack: (performance.now() - middle) / 1000,
  }
}
