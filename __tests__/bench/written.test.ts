import { execFileSync } from 'node:child_process'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { canCountWrites, writeCountingNode } from '../../bench/written.ts'
import { temporaryFolder } from '../temporary.ts'

test.runIf(canCountWrites)('a counting Node counts threads and child processes', () => {
  const folder = temporaryFolder()
  const node = writeCountingNode(path.join(folder, 'node'))
  const script = `
    const { writeFileSync } = require('node:fs')
    writeFileSync('own', Buffer.alloc(1_000_000))
    const other = (name, size) => "require('node:fs').writeFileSync('" + name + "', Buffer.alloc(" + size + "))"
    require('node:child_process').execFileSync(process.execPath, ['-e', other('child', 2_000_000)])
    new (require('node:worker_threads').Worker)(other('thread', 4_000_000), { eval: true })
    process.exitCode = 3`
  expect(() => execFileSync(node.program, ['-e', script], { cwd: folder })).toThrow(
    expect.objectContaining({ status: 3 }),
  )
  const { calls } = node.written()
  expect(calls).toBeGreaterThanOrEqual(7_000_000)
  expect(calls).toBeLessThan(7_100_000)
})
