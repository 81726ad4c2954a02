import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { childEnvironment } from '../../src/platform/environment.ts'
import { lockFiles } from '../../src/platform/file-locks.ts'
import { findProgram, isBatchFile, run, runWatched, windowsProgram } from '../../src/platform/processes.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

/** Folders whose names state what kind of `tool` they hold. */
function folders(): string {
  const folder = temporaryFolder()
  writeFiles(folder, { 'plain/tool': '', 'right/tool': '#!/bin/sh\necho right "$PATH"\n', file: '' })
  mkdirSync(path.join(folder, 'folder', 'tool'), { recursive: true })
  mkdirSync(path.join(folder, 'broken'))
  symlinkSync('nowhere', path.join(folder, 'broken', 'tool'))
  mkdirSync(path.join(folder, 'linked'))
  symlinkSync('../right/tool', path.join(folder, 'linked', 'tool'))
  chmodSync(path.join(folder, 'right', 'tool'), 0o755)
  return folder
}

describe.runIf(isUnix)('a program', () => {
  test.each([
    [['right'], 'right'],
    [['absent', 'file', 'broken', 'folder', 'plain', 'right'], 'right'],
    [['linked', 'right'], 'linked'],
    [['absent'], undefined],
  ])('is found in %j as a shell finds it: %j', (names, found) => {
    const folder = folders()
    const PATH = names.map((name) => path.join(folder, name)).join(':')
    const expected = found === undefined ? undefined : path.join(folder, found, 'tool')
    expect(findProgram('tool', { PATH })).toBe(expected)
  })

  test.each(['.', '', 'right', './right', '../x/right'])(
    'is not found in the relative folder %j',
    async (relative) => {
      const folder = folders()
      const before = process.cwd()
      onTestFinished(() => {
        process.chdir(before)
        vi.unstubAllEnvs()
      })
      process.chdir(relative === '' || relative === '.' ? path.join(folder, 'right') : folder)
      vi.stubEnv('PATH', `${relative}:/nowhere`)
      expect(findProgram('tool', process.env)).toBeUndefined()
      expect(await run('tool', [], { cwd: process.cwd(), variables: process.env })).toBeUndefined()
    },
  )

  test('is started by its path, whatever its characters, with a PATH of absolute folders', async () => {
    const folder = path.join(temporaryFolder(), 'two  blanks "quotes" \'and\' more')
    writeFiles(folder, { tool: '#!/bin/sh\necho "$PATH:$1"\n' })
    chmodSync(path.join(folder, 'tool'), 0o755)
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv('PATH', `.:${folder}::bin:/usr/bin:/bin:`)
    const expected = { code: 0, stdout: `${folder}:/usr/bin:/bin:a  b\n` }
    expect(await run('tool', ['a  b'], { cwd: folder, variables: process.env })).toMatchObject(expected)
    expect(
      await run(path.join(folder, 'tool'), ['a  b'], { cwd: '/', variables: process.env }),
    ).toMatchObject(expected)
    expect(await run('./tool', ['a  b'], { cwd: folder, variables: process.env })).toMatchObject(expected)
  })

  test('is looked up without messages about unreadable folders', async () => {
    const folder = temporaryFolder()
    // A circular link: not even root can read it.
    symlinkSync('loop', path.join(folder, 'loop'))
    onTestFinished(() => {
      vi.unstubAllEnvs()
      vi.restoreAllMocks()
    })
    const output: unknown[] = []
    vi.spyOn(console, 'log').mockImplementation((...text) => void output.push(text))
    vi.stubEnv('PATH', `${path.join(folder, 'loop')}:/proc/1/mem:${'x'.repeat(300)}:/${'y'.repeat(300)}:/bin`)
    expect((await run('true', [], { cwd: folder, variables: process.env }))?.code).toBe(0)
    expect(await run('no-such-program', [], { cwd: folder, variables: process.env })).toBeUndefined()
    expect(output).toEqual([])
  })
})

test.runIf(isUnix)('the locking program is never taken from the current directory', () => {
  const folder = temporaryFolder()
  writeFiles(folder, { perl: '#!/bin/sh\necho planted\n' })
  chmodSync(path.join(folder, 'perl'), 0o755)
  const before = process.cwd()
  onTestFinished(() => {
    process.chdir(before)
    vi.unstubAllEnvs()
  })
  process.chdir(folder)
  vi.stubEnv('PATH', `.:${process.env.PATH}`)
  const lock = path.join(folder, 'lock')
  const locks = lockFiles([lock])
  expect(locks.state(lock)).toBe('ours')
  locks.release()
})

test.runIf(process.platform === 'linux')(
  'a killed command ends although a descendant keeps its output open',
  async () => {
    const folder = temporaryFolder()
    // In a group of its own, as on Windows a process that taskkill may not end.
    const script = 'setsid sleep 30 & echo started; sleep 30'
    const watch = { seconds: 0.5, isWorking: () => false }
    const ran = await runWatched('sh', ['-c', script], { cwd: folder, variables: process.env }, watch)
    expect(ran).toMatchObject({ isStalled: true, stdout: 'started\n' })
    expect(ran?.code).not.toBe(0)
    expect(ran?.seconds).toBeLessThan(15)
  },
)

test.each([
  [{ SystemRoot: 'D:\\Windows' }, 'D:\\Windows\\System32\\taskkill.exe'],
  [{ SystemRoot: '' }, 'C:\\Windows\\System32\\taskkill.exe'],
  [{}, 'C:\\Windows\\System32\\taskkill.exe'],
])('with %j taskkill is %s', (variables, expected) => {
  expect(windowsProgram('taskkill', variables)).toBe(expected)
})

test.each([
  ['C:\\Windows', 'tool', undefined],
  ['.;bin;;\\rooted-without-drive', 'tool.exe', undefined],
])('on Windows PATH %j finds nothing for %j', (Path, name, found) => {
  expect(findProgram(name, { Path }, 'win32')).toBe(found)
})

test.each([
  ['C:\\Go\\bin\\go.exe', 'win32', false],
  ['C:\\shims\\go.CMD', 'win32', true],
  ['C:\\shims\\go.bat', 'win32', true],
  ['/bin/go.bat', 'linux', false],
] as const)('%s on %s is a batch file: %j', (program, system, expected) => {
  expect(isBatchFile(program, system)).toBe(expected)
})

test('the git safeguards follow existing settings, and an invalid count stays', () => {
  expect(childEnvironment({ A: 'a', B: undefined })).toMatchObject({ A: 'a', GIT_CONFIG_COUNT: '2' })
  const set = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'a.b', GIT_CONFIG_VALUE_0: 'c' }
  expect(childEnvironment(set)).toMatchObject({
    ...set,
    ...{ GIT_CONFIG_COUNT: '3', GIT_CONFIG_KEY_1: 'core.fsmonitor', GIT_CONFIG_VALUE_1: 'false' },
  })
  expect(childEnvironment({ GIT_CONFIG_COUNT: 'many' }, 'linux')).toEqual({ GIT_CONFIG_COUNT: 'many' })
})
