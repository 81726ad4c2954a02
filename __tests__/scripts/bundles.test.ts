import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'

const dist = path.resolve(import.meta.dirname, '../../dist')

test.each(['run-main', 'run-post'])(
  'dist/%s.mjs starts without the HTTP client that only the cache client needs',
  (name) => {
    const text = readFileSync(path.join(dist, `${name}.mjs`), 'utf8')
    expect(text).not.toContain('node_modules/undici/')
    expect(text).toContain('node_modules/@actions/core/')
  },
)

test('dist/worker.mjs, which every thread loads, contains no package', () => {
  const text = readFileSync(path.join(dist, 'worker.mjs'), 'utf8')
  expect(text).not.toContain('node_modules/')
  expect(text).toContain('src/cache/archive/unpack-shard.ts')
})
