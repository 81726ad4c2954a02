import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'

test('every golden file belongs to a test', () => {
  const tests = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.ts'))
  const names = tests.flatMap((file) => {
    const code = readFileSync(path.join(import.meta.dirname, file), 'utf8')
    return [...code.matchAll(/failingGo\(\s*'([^']+)'/g)].map(([, name]) => name)
  })
  const recorded = readdirSync(path.join(import.meta.dirname, 'texts')).map((file) =>
    file.replace(/(?:\.go1\.21)?\.txt$/, ''),
  )
  expect([...new Set(recorded)].sort()).toEqual(names.sort())
})
