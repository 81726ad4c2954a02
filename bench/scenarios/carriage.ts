import { mkdtempSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { buildCarrier, type Carrier, memoryFolder } from '../carrier.ts'
import { restoreContent } from '../content.ts'
import { type Context, unshaped } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import type { Side } from '../side.ts'

export const carriage: Scenario = {
  name: 'carriage',
  does: 'our archives and our client of the cache service, against @actions/cache with the same directories, and against the limits of the machine',
  note: 'Nothing but packing, transfer and unpacking: no lookup of facts, no proof of modules, no Go. The content is that of both our entries, without zips. Each operation is a process of its own. The limit of a restore is the longer of two times: the stored bytes by the bandwidth, and unpacking the same entries from memory to the same disk, without a network.',
  run: measure,
}

/** The pairs of both operations on one link. */
type Pairs = Record<'save' | 'restore', Pair[]>

async function measure(context: Context): Promise<readonly Row[]> {
  const content = await restoreContent(context)
  const folder = path.join(context.folder, 'carriage')
  const carrier = await buildCarrier(content, folder)
  const shaped = await context.freshSide('ours', 'carriage-shaped')
  const free = await context.freshSide('ours', 'carriage-free', unshaped)
  const memory = mkdtempSync(path.join(memoryFolder() ?? context.folder, 'go-deps-bench-memory-'))
  const pairs: Record<'shaped' | 'free', Pairs> = {
    shaped: { save: [], restore: [] },
    free: { save: [], restore: [] },
  }
  const limits: Pair[] = []
  try {
    await carrier.pack(memory)
    for (let pair = 0; pair < context.pairs(3); pair++) {
      await measurePair(carrier, free, pair, pairs.free)
      await measurePair(carrier, shaped, pair, pairs.shaped)
      const restore = () => carrier.ours('restore', `ours-${pair}`, shaped.service.environment())
      const early = pair % 2 === 0 ? await restore() : undefined
      const unpack = await carrier.unpack(memory, path.join(folder, 'stage'))
      const ours = early ?? (await restore())
      const transfer = stored(shaped, `ours-${pair}`) / (context.options.bandwidth * 1e6)
      const parts = { ours: { restore: ours }, other: { transfer, unpack } }
      limits.push({ ours, other: Math.max(transfer, unpack), parts })
      await Promise.all([shaped.service.clear(), free.service.clear()])
    }
  } finally {
    rmSync(memory, { recursive: true })
  }
  const [save, restore] = ['packing both caches and saving them', 'restoring and unpacking both caches']
  const common = { versus: '@actions/cache', unit: 'seconds', judged: 'ratio' } as const
  const [fast, without] = ['-unshaped', ', no limit of bandwidth']
  return [
    { name: 'carriage-save', what: save, ...common, aim: 0.7, pairs: pairs.shaped.save },
    { name: 'carriage-restore', what: restore, ...common, aim: 0.45, pairs: pairs.shaped.restore },
    {
      ...{ name: `carriage-save${fast}`, what: `${save}${without}` },
      ...{ ...common, aim: 0.7, pairs: pairs.free.save },
    },
    {
      ...{ name: `carriage-restore${fast}`, what: `${restore}${without}` },
      ...{ ...common, aim: 0.45, pairs: pairs.free.restore },
    },
    {
      ...{ name: 'carriage-limit', what: restore, versus: 'the longer of transfer and unpacking' },
      ...({ unit: 'seconds', judged: 'ratio', aim: 1.2, pairs: limits } as const),
    },
  ]
}

/** Saves and restores both ways, the other one first in every second pair. */
async function measurePair(
  { ours, directories }: Carrier,
  { service }: Side,
  pair: number,
  pairs: Pairs,
): Promise<void> {
  const cache = service.environment()
  for (const operation of ['save', 'restore'] as const) {
    const early = pair % 2 === 0 ? await ours(operation, `ours-${pair}`, cache) : undefined
    const other = await directories(operation, `directories-${pair}`, cache)
    pairs[operation].push({ ours: early ?? (await ours(operation, `ours-${pair}`, cache)), other })
  }
}

/** Total length in bytes of the entries whose keys have this prefix. */
function stored({ service }: Side, prefix: string): number {
  const sizes = service.entries().flatMap(({ key, size }) => (key.startsWith(prefix) ? [size] : []))
  if (sizes.length !== 2) throw new Error(`there are ${sizes.length} entries of ${prefix}, not 2`)
  return sizes.reduce((sum, size) => sum + size, 0)
}
