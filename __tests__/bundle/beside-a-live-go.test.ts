import { cpSync, existsSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { moveModulesIntoPlace } from '../../src/cache/gomodcache/install.ts'
import { isModuleCached } from '../../src/cache/gomodcache/listing.ts'
import { runProcess } from '../../testbed/process.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { madeModule } from '../golden/modules.ts'
import { isFull } from '../harness/extent.ts'
import { startMachine } from './shared-machine.ts'
import { tornIn } from './whole-caches.ts'

const module = madeModule('example.com/m', 'v1.0.0', {
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, part) => [`part${part % 7}/${part}.go`, `package part // ${part}\n`]),
  ),
})
const name = 'example.com/m@v1.0.0'
const prefix = 'cache/download/example.com/m/@v/v1.0.0'
const unit = { name, roots: [name, ...['info', 'mod', 'ziphash'].map((kind) => `${prefix}.${kind}`)] }
const iterations = isFull ? 200 : 40

test.each([
  ['at any time', undefined],
  ['when go starts it', `${prefix}.lock`],
  ['when go has downloaded its zip', `${prefix}.zip`],
  ['when go extracts it', name],
] as const)(
  'a module that is restored while go downloads it, %s, stays intact',
  { timeout: 300_000 },
  async (_, moment) => {
    const machine = await startMachine([module])
    const { bed, gomodcache } = machine
    const [stage, kept] = ['stage', 'kept'].map((folder) => path.join(bed.folder, folder)) as [string, string]
    // From files, because this process cannot serve while it busy-waits for the moment.
    const env = { ...machine.environment, GOPROXY: pathToFileURL(machine.served).href }
    const download = () =>
      runProcess({ command: 'go', args: ['mod', 'download', name], cwd: bed.folder, env })
    const { seconds } = await download()
    for (const root of unit.roots) {
      cpSync(path.join(gomodcache, root), path.join(kept, root), { recursive: true })
    }
    for (let iteration = 0; iteration < iterations; iteration++) {
      for (const old of [gomodcache, stage]) await removeTree(old)
      mkdirSync(gomodcache, { recursive: true })
      cpSync(kept, stage, { recursive: true })
      const going = download()
      const until = performance.now() + 3000 * seconds
      if (moment === undefined) await sleep(Math.random() * seconds * 1000)
      else while (!existsSync(path.join(gomodcache, moment)) && performance.now() < until);
      moveModulesIntoPlace([unit], stage, gomodcache, true)
      const { exitCode, stderr } = await going
      expect([exitCode, stderr]).toEqual([0, ''])
      expect(isModuleCached(gomodcache, name)).toBe(true)
      expect(tornIn(machine, [module])).toEqual([])
    }
  },
)
