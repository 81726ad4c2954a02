import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { lockFiles } from '../../src/platform/file-locks.ts'
import { runProcess } from '../../testbed/process.ts'
import { isUnix, temporaryFolder } from '../temporary.ts'

/** Whether another process can lock a file now. */
async function isFree(file: string): Promise<boolean> {
  const perl = 'open(my $f, ">>", $ARGV[0]); exit(flock($f, LOCK_EX|LOCK_NB) ? 0 : 1)'
  const { exitCode } = await runProcess({
    command: 'perl',
    args: ['-MFcntl=:flock', '-e', perl, file],
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
  })
  return exitCode === 0
}

describe.runIf(isUnix)('locks on files', () => {
  test('exclude other processes until they are released', async () => {
    const files = ['a.lock', 'below/b.lock'].map((name) => path.join(temporaryFolder(), name))
    const locks = lockFiles(files)
    expect(files.map(locks.state)).toEqual(['ours', 'ours'])
    expect(await Promise.all(files.map(isFree))).toEqual([false, false])
    locks.release()
    expect(await Promise.all(files.map(isFree))).toEqual([true, true])
  })

  test('tell which files are held by another process', () => {
    const [mine, theirs] = ['mine', 'theirs'].map((name) => path.join(temporaryFolder(), name)) as [
      string,
      string,
    ]
    const others = lockFiles([theirs])
    const locks = lockFiles([mine, theirs])
    expect([locks.state(mine), locks.state(theirs), locks.state('elsewhere')]).toEqual([
      'ours',
      'taken',
      'unknown',
    ])
    others.release()
    locks.release()
  })

  test('use flock(1) where perl is missing, and are off where both are missing', async () => {
    const folder = temporaryFolder()
    const before = process.env.PATH ?? ''
    const place = (program: string) => {
      const found = before
        .split(path.delimiter)
        .map((one) => path.join(one, program))
        .find((one) => {
          try {
            copyFileSync(one, path.join(folder, 'bin', program))
            return true
          } catch {
            return false
          }
        })
      if (found !== undefined) chmodSync(path.join(folder, 'bin', program), 0o755)
      return found
    }
    mkdirSync(path.join(folder, 'bin'))
    const file = path.join(folder, 'one.lock')
    place('sh')
    try {
      process.env.PATH = path.join(folder, 'bin')
      expect(lockFiles([file]).state(file)).toBe('unknown')
      // Without any locks, every file would count as held.
      expect(existsSync(file)).toBe(false)
      if (place('flock') === undefined) return
      const locks = lockFiles([file])
      expect(locks.state(file)).toBe('ours')
      locks.release()
    } finally {
      process.env.PATH = before
    }
  })
})

test('does nothing, and reports nothing, on Windows', () => {
  const file = path.join(temporaryFolder(), 'one.lock')
  expect(lockFiles([file], 'win32').state(file)).toBe('unknown')
})
