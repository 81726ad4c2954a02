import { chmodSync, existsSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import {
  homeFolder,
  jobDirParent,
  makeJobDir,
  temporaryFault,
  temporaryFolder,
} from '../../src/platform/temp-dirs.ts'
import { isRoot } from '../harness/unprivileged.ts'
import { isUnix, temporaryFolder as ownFolder, writeFiles } from '../temporary.ts'

const system = realpathSync(tmpdir())

beforeEach(() => {
  onTestFinished(() => void vi.unstubAllEnvs())
})

test.each(['plain', 'a temp', 'two  blanks', "it's", 'ümlaut', 'deep/er'])(
  'uses and creates RUNNER_TEMP %j',
  (name) => {
    const folder = path.join(ownFolder(), name)
    vi.stubEnv('RUNNER_TEMP', folder)
    expect(temporaryFault()).toBeUndefined()
    expect(temporaryFolder()).toBe(folder)
    // The program that packs entries splits commands at blanks.
    expect(jobDirParent()).toBe(name.includes(' ') ? system : folder)
  },
)

test
  .runIf(isUnix)
  .each(['a"b', 'back\\slash', 'semi;colon', 'per%20cent', 'new\nline', '$HOME', 'star*', 'a[b]', '`x`'])(
  'uses the system folder instead of %j',
  (name) => {
    vi.stubEnv('RUNNER_TEMP', path.join(ownFolder(), name))
    expect(temporaryFault()).toMatch(/^holds ".*", which has a special meaning to git, ssh or tar$/)
    expect([temporaryFolder(), jobDirParent()]).toEqual([system, system])
  },
)

test('uses it whatever prevents the use of RUNNER_TEMP', () => {
  const folder = ownFolder()
  writeFiles(folder, { file: '' })
  if (isUnix) symlinkSync('nowhere/at/all', path.join(folder, 'link'))
  for (const name of ['file', 'file/below', ...(isUnix ? ['link'] : [])]) {
    vi.stubEnv('RUNNER_TEMP', path.join(folder, name))
    expect(temporaryFault(), name).toMatch(/^cannot be written \(E\w+\)$/)
    expect(temporaryFolder()).toBe(system)
  }
})

test.runIf(isUnix && !isRoot)('does not use a read-only folder', () => {
  const folder = ownFolder()
  chmodSync(folder, 0o555)
  vi.stubEnv('RUNNER_TEMP', folder)
  expect(temporaryFolder()).toBe(system)
})

test.runIf(isUnix)('uses a third folder if the system folder is unusable, too', () => {
  const folder = ownFolder()
  writeFileSync(path.join(folder, 'file'), '')
  vi.stubEnv('RUNNER_TEMP', path.join(folder, 'file'))
  vi.stubEnv('TMPDIR', path.join(folder, 'file'))
  const made = makeJobDir()
  onTestFinished(() => rmSync(made, { recursive: true, maxRetries: 5 }))
  expect(existsSync(made)).toBe(true)
})

test.each([
  ['', ''],
  ['relative', ''],
  ['/home/me', '/home/me'],
])('with HOME %j the home is %j: a relative one would be inside the checkout', (value, home) => {
  vi.stubEnv(process.platform === 'win32' ? 'USERPROFILE' : 'HOME', value)
  expect(homeFolder(process.env)).toBe(home)
})
