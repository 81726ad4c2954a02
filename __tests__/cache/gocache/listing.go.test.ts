import { readdirSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { holdsObjects, listActions } from '../../../src/cache/gocache/listing.ts'
import { goChoices } from '../../golden/go.ts'
import { temporaryFolder } from '../../temporary.ts'
import { fileIn } from './actions.ts'
import { type BuildingGo, buildingGo, objectsIn, patience, writeModule } from './real-builds.ts'

describe.each(goChoices)('the build cache of the %s Go', { timeout: patience }, (choice) => {
  let go: BuildingGo
  beforeAll(async () => {
    go = await buildingGo(choice)
  }, patience)

  test('is listed completely: every action, with the length of its data and its times', async () => {
    const folder = temporaryFolder()
    const [cwd, gocache] = [path.join(folder, 'module'), path.join(folder, 'cache')]
    writeModule(cwd)
    go.makeCache(gocache)
    const began = Date.now()
    await go.run(['run', '.'], { cwd, gocache })
    const actions = listActions(gocache)
    const names = objectsIn(gocache).map((file) => path.basename(file))
    expect(actions.map(({ id }) => `${id}-a`).sort()).toEqual(
      names.filter((name) => name.endsWith('-a')).sort(),
    )
    expect(actions.length).toBeGreaterThan(100)

    let executables = 0
    for (const { id, output, size, made, used } of actions) {
      const data = fileIn(gocache, output, 'd')
      const isDirectory = statSync(data).isDirectory()
      if (isDirectory) executables += 1
      expect(statSync(isDirectory ? path.join(data, readdirSync(data)[0] ?? '') : data).size).toBe(size)
      expect(used).toBe(statSync(fileIn(gocache, id, 'a')).mtimeMs)
      expect(made).toBeLessThanOrEqual(Date.now() + 1)
    }
    // Go 1.24 and later also cache executables of `go run`.
    expect(executables).toBe(go.isSince(24) ? 1 : 0)
    // This run compiled the program, but not the standard library.
    const fresh = actions.filter(({ made }) => made >= began)
    expect(fresh.length).toBeGreaterThan(0)
    expect(fresh.length).toBeLessThan(actions.length / 2)
    expect(holdsObjects(gocache)).toBe(true)
  })
})
