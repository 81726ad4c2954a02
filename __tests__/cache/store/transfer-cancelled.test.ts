import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { stagePrefix } from '../../../src/cache/stage.ts'
import { randomNumbers } from '../../bundle/killed-machine.ts'
import { isFull } from '../../harness/extent.ts'
import { objectOf, serveObject } from '../../harness/object-server.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'

const script = path.join(import.meta.dirname, 'transfer-process.ts')
let object: Buffer

beforeAll(async () => {
  const base = mkdtempSync(path.join(tmpdir(), 'go-deps-test-'))
  const units = Array.from({ length: 8 }, (_, unit) => {
    for (let file = 0; file < 1000; file++) {
      const folder = path.join(base, `m${unit}`, `d${file % 40}`)
      mkdirSync(folder, { recursive: true })
      writeFileSync(path.join(folder, String(file)), randomBytes(2000 + file))
    }
    return { name: `m${unit}`, roots: [`m${unit}`] }
  })
  object = await objectOf({ kind: 'modules', metadata: {}, base, units, shards: 2 })
  return () => rmSync(base, { recursive: true, maxRetries: 5 })
})

test.runIf(isUnix).each(['SIGINT', 'SIGTERM'] as const)(
  'a restore that %s ends while threads unpack leaves no stage',
  async (signal) => {
    const random = randomNumbers(1)
    for (let round = 0; round < (isFull ? 30 : 1); round++) {
      const server = await serveObject(object)
      const folder = temporaryFolder()
      const child = spawn(process.execPath, [script, 'restore', folder, server.url.href, '', '60'], {
        stdio: 'ignore',
      })
      const ended = once(child, 'exit')
      const stages = () => readdirSync(folder).filter((name) => name.startsWith(stagePrefix))
      while (stages().length === 0 || server.ranges.length === 0) await sleep(2)
      const [stage = ''] = stages()
      while (readdirSync(path.join(folder, stage)).length === 0) await sleep(1)
      await sleep(random() * 200)
      const began = performance.now()
      child.kill(signal)
      const [code] = await ended
      // It may have ended before.
      expect([signal === 'SIGINT' ? 130 : 143, 0]).toContain(code)
      expect(performance.now() - began).toBeLessThan(2000)
      expect(stages()).toEqual([])
    }
  },
)
