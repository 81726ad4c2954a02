import * as path from 'node:path'
import type { Context } from '../context.ts'
import { canWatchMemory, type MemoryUse, watchMemory } from '../memory.ts'
import { writeObjects } from '../objects.ts'
import type { Pair, Parts, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import type { JobSpec, Side } from '../side.ts'

export const memory: Scenario = {
  name: 'memory',
  does: 'resident memory of main or post and every process below, with 1 GB of build objects',
  note: 'Ours uses the transport that `auto` chooses on GitHub. The most that all processes took together, sampled every 20 ms, or one of them at any time; pages that several share count once for each. Linux only.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  if (!canWatchMemory) {
    context.say('memory: this system does not tell what its processes take')
    return []
  }
  const bytes = context.options.quick ? 20e6 : 1e9
  const objects = path.join(context.folder, 'objects')
  writeObjects(objects, bytes)
  const commit = await context.project.commit({ edits: 0, bumps: 0 })
  // The copied objects are as old as this job, so they count as its own.
  const steps = { build: 'mkdir -p "$GOCACHE" && cp -r "$BENCH_OBJECTS"/. "$GOCACHE"' }
  const spec = { commit, env: { BENCH_OBJECTS: objects } }
  const own = { ...spec, with: { 'cache-modules': 'false', dependencies: 'none' } }
  const ours = await context.freshSide('ours', 'memory-ours')
  const today = await context.freshSide('today', 'memory-today')
  const saves: Pair[] = []
  const restores: Pair[] = []
  for (let pair = 0; pair < context.pairs(1); pair++) {
    await Promise.all([ours.service.clear(), today.service.clear()])
    saves.push(pairOf(await watched(ours, { ...own, steps }), await watched(today, { ...spec, steps })))
    restores.push(pairOf(await watched(ours, own), await watched(today, spec)))
  }
  const common = { versus: context.todayTitle, unit: 'megabytes', judged: 'ours', aim: 250 } as const
  const what = `resident memory, all processes together, of ${bytes / 1e6} MB of build objects`
  return [
    { name: 'memory-save', what: `${what}: saving`, ...common, pairs: saves },
    { name: 'memory-restore', what: `${what}: restoring`, ...common, pairs: restores },
  ]
}

async function watched(side: Side, spec: JobSpec): Promise<MemoryUse> {
  const end = watchMemory(side.actionDirectory)
  try {
    await side.run(spec)
  } finally {
    end()
  }
  return end()
}

function pairOf(ours: MemoryUse, other: MemoryUse): Pair {
  return {
    ours: ours.together / 1e6,
    other: other.together / 1e6,
    parts: { ours: partsOf(ours), other: partsOf(other) },
  }
}

function partsOf({ each }: MemoryUse): Parts {
  return Object.fromEntries(Object.entries(each).map(([name, bytes]) => [name, bytes / 1e6]))
}
