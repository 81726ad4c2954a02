import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

const source = new URL('../../src/platform/garbage.ts', import.meta.url).href

/** The most that a process holds in buffers, in MB, while it uses 400 buffers of 1 MB one after the other. */
function mostHeld(isRecorded: boolean): number {
  const script = `
    import { recordShortLived } from '${source}'
    let most = 0
    for (let count = 0; count < 400; count++) {
      const buffer = Buffer.alloc(1e6)
      if (${isRecorded}) recordShortLived(buffer.length)
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }
    console.log(most / 1e6)`
  const arguments_ = ['--input-type=module', '--eval', script]
  return Number(execFileSync(process.execPath, arguments_, { encoding: 'utf8' }))
}

test('recorded buffers are freed after a few megabytes, others much later', () => {
  expect(mostHeld(true)).toBeLessThan(16)
  expect(mostHeld(false)).toBeGreaterThan(24)
})
