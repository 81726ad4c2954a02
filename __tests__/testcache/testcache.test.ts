import { expect, test, vi } from 'vitest'
import type { Inputs } from '../../src/inputs/inputs.ts'
import { prepareTestCache } from '../../src/testcache/testcache.ts'
import { testEnv } from '../environment.ts'
import { temporaryFolder } from '../temporary.ts'

test('unreadable test inputs fail no job: results stay as they are, and a notice gives the reason', async () => {
  const log: string[] = []
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => log.push(String(text)) > 0)
  const workspace = temporaryFolder()
  const facts = {
    inputs: { 'test-cache': 'stable' } as Inputs,
    workspace,
    // No system has a file of this name, and each looks it up in vain.
    checkouts: [`${workspace}/\0`],
    env: testEnv(),
  }
  const settled = await prepareTestCache(facts, ['testdata/in.txt'], temporaryFolder())
  write.mockRestore()
  expect(settled).toBe('')
  expect(log.join('')).toMatch(
    /^::notice::Cached test results are unchanged, because stable mtimes cannot be set: .*null bytes/m,
  )
})
