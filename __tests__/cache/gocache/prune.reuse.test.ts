import { cpSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CachedAction, listActions } from '../../../src/cache/gocache/listing.ts'
import { type BuildMetadata, emptyMetadata } from '../../../src/cache/gocache/metadata.ts'
import { classifyByUse, type ObjectUse, pruneObjects } from '../../../src/cache/gocache/prune.ts'
import { goChoices } from '../../golden/go.ts'
import { temporaryFolder } from '../../temporary.ts'
import { fileIn } from './actions.ts'
import {
  type BuildingGo,
  buildingGo,
  type Code,
  objectsIn,
  packages,
  patience,
  setBack,
  usedAt,
  writeCode,
  writeModule,
} from './real-builds.ts'

/** A machine that tests the module in successive jobs, each starting from the cache of the previous one. */
function machine(go: BuildingGo) {
  const folder = temporaryFolder()
  const [cwd, gocache] = [path.join(folder, 'module'), path.join(folder, 'cache')]
  writeModule(cwd)
  go.makeCache(gocache)
  let about: BuildMetadata = emptyMetadata
  return {
    gocache,
    /** Copies the current build cache. */
    copy: () => {
      const other = path.join(folder, 'copy')
      cpSync(gocache, other, { recursive: true, preserveTimestamps: true })
      return other
    },
    /**
     * Restores the cache, and tests this code.
     *
     * @returns how many packages had a cached result at the start, and how the job used the objects
     */
    job: async (code: Code, { cache = gocache, flags = [] as readonly string[] } = {}) => {
      writeCode(cwd, code)
      setBack(cache)
      // The previous job ended a moment ago, and file times count as exact to two seconds only.
      const began = Date.now() + 2000
      const printed = await go.run(['test', ...flags, './...'], { cwd, gocache: cache })
      const cached = printed.match(/\t\(cached\)/g)?.length ?? 0
      return { cached, began, use: classifyByUse(listActions(cache), began, () => true) }
    },
    /** Prunes the build cache to what the next entry would hold. */
    prune: (use: ObjectUse) => {
      const now = Date.now() / 1000
      const job = { now, prunes: true, sameJob: true, most: Number.MAX_SAFE_INTEGER }
      const { kept, idle } = pruneObjects(use, about, job)
      about = { ...emptyMetadata, saved: Math.floor(now), idle }
      leaveOnly(gocache, kept)
    },
  }
}

/** Removes all objects that Go stored except these actions and their data. */
function leaveOnly(gocache: string, kept: readonly CachedAction[]): void {
  const wanted = kept.flatMap(({ id, output }) => [fileIn(gocache, id, 'a'), fileIn(gocache, output, 'd')])
  const files = new Set(wanted)
  for (const file of objectsIn(gocache))
    if (!files.has(file)) rmSync(file, { recursive: true, maxRetries: 5 })
}

describe.each(goChoices)('the pruned build cache of the %s Go', { timeout: patience }, (choice) => {
  let go: BuildingGo
  beforeAll(async () => {
    go = await buildingGo(choice)
  }, patience)

  test('keeps the result of each test whose code is unchanged, which pruning by times alone would lose', async () => {
    // Go caches results with a cover profile since 1.25.
    const flags = go.isSince(25) ? ['-coverprofile=cover.out'] : []
    const { gocache, copy, job, prune } = machine(go)
    const base = '"another base"'
    const first = 'var Two = Name() + "2"'
    expect((await job({}, { flags })).cached).toBe(0)

    const changed = await job({ base }, { flags })
    expect(changed.cached).toBe(0)
    const byTimes = copy()
    for (const file of objectsIn(byTimes)) {
      if (usedAt(file) < changed.began - 2000) rmSync(file, { recursive: true, maxRetries: 5 })
    }
    prune(changed.use)
    expect(objectsIn(gocache).length).toBeGreaterThan(objectsIn(byTimes).length)

    expect((await job({ base, first }, { flags })).cached).toBe(packages.length - 1)
    expect((await job({ base, first }, { flags, cache: byTimes })).cached).toBeLessThan(packages.length - 1)
  })

  test('keeps the results by program, which an unchanged run does not touch', async () => {
    // Vet takes time, and results by program do not cover it.
    const flags = ['-vet=off']
    const { copy, job, prune } = machine(go)
    prune((await job({}, { flags })).use)
    const again = await job({}, { flags })
    expect(again.cached).toBe(packages.length)
    const strict = copy()
    leaveOnly(strict, [...again.use.reused, ...again.use.fresh])
    prune(again.use)

    // The linker drops unused code, so the programs are the same.
    const all = 'var unused1 = 1'
    const dead = await job({ all }, { flags })
    expect(dead.cached).toBe(packages.length)
    prune(dead.use)
    expect((await job({ all: `${all}\nvar unused2 = 2` }, { flags })).cached).toBe(packages.length)
    expect((await job({ all }, { flags, cache: strict })).cached).toBeLessThan(packages.length)
  })
})
