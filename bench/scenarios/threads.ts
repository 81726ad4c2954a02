import { mkdirSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import type { UnpackShardJob } from '../../src/cache/archive/unpack-shard.ts'
import { type Half, packContent, restoreContent } from '../content.ts'
import type { Context } from '../context.ts'
import { loadPack, type Pack } from '../pack.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'

export const threads: Scenario = {
  name: 'threads',
  does: 'unpacking with one thread, and with four shards and threads, against two of each',
  note: 'Both real entries, one after the other. One thread unpacks the same two shards one after the other.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  const content = await restoreContent(context)
  const folder = path.join(context.folder, 'threads')
  const code = await loadPack(path.join(folder, 'bundle'))
  for (const shards of [2, 4]) await packContent(code, content, path.join(folder, `${shards}`), shards)
  const stage = path.join(folder, 'stage')
  const pairs: Record<'one' | 'four', Pair[]> = { one: [], four: [] }
  const timed = async (shards: number, unpack: (directory: string, half: Half) => Promise<unknown>) => {
    let seconds = 0
    for (const half of content.halves) {
      const start = performance.now()
      await unpack(path.join(folder, `${shards}`, half.kind), half)
      seconds += (performance.now() - start) / 1000
      rmSync(stage, { recursive: true, force: true })
    }
    return seconds
  }
  const together = (directory: string, { kind }: Half) =>
    code.unpackEntry({
      ...{ directory, stage, readOnly: kind === 'modules', verifyBuildObjects: kind === 'build' },
    })
  for (let pair = 0; pair < context.pairs(3); pair++) {
    const other = await timed(2, together)
    const one = await timed(2, (directory, half) => oneByOne(code, directory, stage, half))
    pairs.one.push({ ours: one, other })
    pairs.four.push({ ours: await timed(4, together), other })
  }
  const common = { versus: 'two threads', unit: 'seconds', judged: 'ratio' } as const
  return [
    { name: 'threads-1', what: 'unpacking with one thread', ...common, pairs: pairs.one },
    { name: 'threads-4', what: 'unpacking four shards with four threads', ...common, pairs: pairs.four },
  ]
}

/** As `unpackEntry` does it, but one shard after the other. */
async function oneByOne(code: Pack, directory: string, stage: string, { kind }: Half): Promise<void> {
  const { units, shards } = code.readManifest(directory)
  const parents = units.flatMap((unit) => unit.roots).map((root) => path.dirname(root))
  for (const parent of new Set(parents)) mkdirSync(path.join(stage, parent), { recursive: true })
  for (const [index, shard] of shards.entries()) {
    const roots = units.filter((unit) => unit.shard === index).flatMap((unit) => unit.roots)
    const data: UnpackShardJob = {
      ...{ shard, stage, roots, skipRoots: [], mtimeSeconds: undefined },
      place: { file: path.join(directory, shard.name) },
      readOnlyRoots: kind === 'modules' ? roots : [],
      verifyBuildObjects: kind === 'build',
    }
    await code.runWorkers(1, Number.POSITIVE_INFINITY, () => [{ task: 'unpack-shard', data }])
  }
}
