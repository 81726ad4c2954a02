import { cpSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { sizesBelow } from '../content.ts'
import type { Context } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import type { JobSpec, Side } from '../side.ts'
import { canCountWrites, writeCountingNode } from '../written.ts'

export const bytes: Scenario = {
  name: 'bytes',
  does: 'what main and post write for each byte of the caches',
  note: 'Bytes of all write calls of main or post and every process below, without those that went to the cache service, by those of the files in both caches. `disk` is what must reach the disk, in whole pages. Linux only.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  if (!canCountWrites) {
    context.say('bytes: this system does not count what its processes write')
    return []
  }
  await context.base()
  const ours = await restoresAndSaves(context, context.ours, 'bytes-ours')
  const today = await restoresAndSaves(context, context.today, 'bytes-today')
  const common = { versus: 'bytes of the files', unit: 'megabytes', judged: 'ratio' } as const
  const [restore, save] = [
    'restoring both caches: bytes written',
    'saving both caches: bytes written to files',
  ]
  return [
    { name: 'bytes-restore', what: restore, ...common, aim: 1.05, pairs: ours.restores },
    { name: 'bytes-save', what: save, ...common, aim: 0.05, pairs: ours.saves },
    {
      ...{ name: 'bytes-restore-today', what: `${restore} by ${context.todayTitle}` },
      ...{ ...common, pairs: today.restores },
    },
    {
      ...{ name: 'bytes-save-today', what: `${save} by ${context.todayTitle}` },
      ...{ ...common, pairs: today.saves },
    },
  ]
}

/** Counts what a side writes in jobs that restore the caches of the first commit, and in jobs that save them. */
async function restoresAndSaves(
  context: Context,
  side: Side,
  name: string,
): Promise<{ readonly restores: readonly Pair[]; readonly saves: readonly Pair[] }> {
  const folder = path.join(context.folder, name)
  mkdirSync(folder, { recursive: true })
  const node = writeCountingNode(path.join(folder, 'node'))
  const commit = await context.project.commit({ edits: 0, bumps: 0 })
  const { gomodcache, gocache } = side.places
  // Ours downloads what is missing otherwise; nothing is.
  const own: Pick<JobSpec, 'with'> = side.name === 'ours' ? { with: { dependencies: 'none' } } : {}
  const [restores, saves]: [Pair[], Pair[]] = [[], []]
  for (let pair = 0; pair < context.pairs(1); pair++) {
    await side.run({ commit, ...own, post: false, hit: true, node: node.program })
    const files = sizesBelow(gomodcache).bytes + sizesBelow(gocache).bytes
    const { calls, disk } = node.written()
    restores.push(pairOf(files, calls, { disk }))
    if (pair === 0) {
      cpSync(gomodcache, path.join(folder, 'modules'), { recursive: true })
      cpSync(gocache, path.join(folder, 'build'), { recursive: true })
    }
    const fresh = await context.freshSide(side.name, `${name}-${pair}`)
    // The copied objects are as old as this job, so they count as its own.
    const steps = {
      copy: 'mkdir -p "$GOMODCACHE" "$GOCACHE" && cp -r "$COPY/modules/." "$GOMODCACHE" && cp -r "$COPY/build/." "$GOCACHE"',
    }
    await fresh.run({ commit, ...own, steps, env: { COPY: folder }, hit: false, node: node.program })
    const sent = fresh.service.entries().reduce((sum, { size }) => sum + size, 0)
    if (sent === 0) throw new Error(`${side.name} saved nothing`)
    const saving = node.written()
    saves.push(pairOf(files, Math.max(0, saving.calls - sent), { sent, disk: saving.disk }))
  }
  return { restores, saves }
}

/** Values in bytes; the pair has megabytes. */
function pairOf(files: number, written: number, parts: Readonly<Record<string, number>>): Pair {
  const inMegabytes = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, value / 1e6]))
  return {
    ours: written / 1e6,
    other: files / 1e6,
    parts: { ours: inMegabytes, other: { files: files / 1e6 } },
  }
}
