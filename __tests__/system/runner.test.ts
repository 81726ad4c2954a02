import * as path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { appendToSummary } from '../../src/system/runner.ts'
import { temporaryFolder } from '../temporary.ts'

test.each(['', '/nowhere/at/all'])('a job summary at %j is no reason to fail', async (file) => {
  vi.stubEnv('GITHUB_STEP_SUMMARY', file === '' ? path.join(temporaryFolder(), 'absent') : file)
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(appendToSummary('text')).resolves.toBeUndefined()
})
