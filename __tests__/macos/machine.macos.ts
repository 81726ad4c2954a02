import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { emulatedVariables } from '../../testbed/macos/emulation.ts'
import { temporaryFolder } from '../temporary.ts'

// Without these, a run in which the emulation is off would pass as one in which nothing differs on macOS.

describe('names', () => {
  const composed = 'caf\u00e9'
  const decomposed = 'cafe\u0301'

  test.each([
    ['case', 'README', 'readme'],
    ['case of other letters', 'ÄÖÜ', 'äöü'],
    ['normalisation', composed, decomposed],
    ['both', composed.toUpperCase(), decomposed],
  ])('that differ in %s are one file', (_, written, other) => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, written), 'first')
    expect(readFileSync(path.join(folder, other), 'utf8')).toBe('first')
    writeFileSync(path.join(folder, other), 'second')
    expect(readFileSync(path.join(folder, written), 'utf8')).toBe('second')
    expect(readdirSync(folder)).toEqual([written])
    expect(() => mkdirSync(path.join(folder, other))).toThrow(/EEXIST/)
    unlinkSync(path.join(folder, other))
    expect(existsSync(path.join(folder, written))).toBe(false)
  })

  test('of directories on the way are folded, too', () => {
    const folder = temporaryFolder()
    mkdirSync(path.join(folder, 'GitHub.com', 'Some'), { recursive: true })
    mkdirSync(path.join(folder, 'github.com', 'some', 'more'), { recursive: true })
    expect(readdirSync(path.join(folder, 'GITHUB.COM', 'SOME'))).toEqual(['more'])
    expect(readdirSync(folder)).toEqual(['GitHub.com'])
  })

  test('are those of what replaced a file', () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'old'), 'old')
    writeFileSync(path.join(folder, 'new'), 'new')
    renameSync(path.join(folder, 'new'), path.join(folder, 'OLD'))
    expect(readdirSync(folder)).toEqual(['OLD'])
    expect(readFileSync(path.join(folder, 'old'), 'utf8')).toBe('new')
  })

  test('of links are folded, and their targets', () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'file'), 'text')
    symlinkSync('FILE', path.join(folder, 'Link'))
    linkSync(path.join(folder, 'LINK'), path.join(folder, 'hard'))
    expect(readFileSync(path.join(folder, 'link'), 'utf8')).toBe('text')
    linkSync(path.join(folder, 'File'), path.join(folder, 'second'))
    utimesSync(path.join(folder, 'SECOND'), 1, 2)
    expect(statSync(path.join(folder, 'file'))).toMatchObject({ nlink: 2, mtimeMs: 2000 })
  })

  test('that are no UTF-8 are refused', () => {
    const file = Buffer.concat([Buffer.from(`${temporaryFolder()}/`), Buffer.from([0xff])])
    expect(() => writeFileSync(file, '')).toThrow(/EILSEQ/)
  })
})

describe('Node', () => {
  const says = 'process.platform + require("os").platform() + require("os").release()'

  test('believes that this is macOS, here and in a process of a job', () => {
    const printed = execFileSync(process.execPath, ['-p', says], {
      env: emulatedVariables(),
      encoding: 'utf8',
    })
    expect([process.platform, os.platform(), printed.trim()]).toEqual([
      'darwin',
      'darwin',
      `darwindarwin${os.release()}`,
    ])
  })

  test('believes so in threads', async () => {
    const script = 'require("worker_threads").parentPort.postMessage(process.platform)'
    const worker = new Worker(script, { eval: true })
    expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('darwin')
    await worker.terminate()
  })
})

describe('the system', () => {
  const shell = (script: string) => execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim()

  test('has the tar of BSD, no flock, and a limit of 256 open files', () => {
    expect(shell('tar --version')).toMatch(/^bsdtar /)
    expect(spawnSync('flock', ['--version']).error).toMatchObject({ code: 'ENOENT' })
    expect(shell('ulimit -n')).toBe('256')
  })

  test('has temporary folders behind a link', () => {
    expect(os.tmpdir()).toMatch(/\/var\/folders\/.*\/T$/)
    expect(realpathSync(os.tmpdir())).toMatch(/\/private\/var\/folders\/.*\/T$/)
  })

  test("has git's system-wide configuration name the keychain", () => {
    expect(shell('git config --system credential.helper')).toBe('osxkeychain')
    expect(shell('command -v git-credential-osxkeychain')).not.toBe('')
  })
})
