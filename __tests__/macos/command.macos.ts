import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../harness/bed.ts'

/** A folder below the mount of this emulation: one is not mounted in another. */
const outside = path.join(realpathSync(tmpdir()).replace(/\/private\/var\/.*$/, ''), 'system')

/** Starts the command in which this test runs once more, with a script for Node in place of Vitest. */
function start(script: string, PATH = outerPath()) {
  const folder = mkdtempSync(path.join(outside, 'nested-'))
  const args = [path.join(root, 'scripts/macos.ts'), '-e', script]
  const child = spawn(process.execPath, args, {
    env: { PATH, TMPDIR: folder, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, maxRetries: 5, force: true })
  })
  const printed = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    printed.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    printed.err += chunk
  })
  const isMounted = () => readFileSync('/proc/mounts', 'utf8').includes(folder)
  return { child, printed, isMounted, left: () => readdirSync(folder) }
}

function outerPath(): string {
  const bin = path.join(outside, 'bin')
  const parts = (process.env.PATH ?? '').split(path.delimiter).filter((part) => part !== bin)
  return [...parts, path.dirname(readlinkSync(path.join(bin, 'tar'))), '/usr/bin', '/bin'].join(
    path.delimiter,
  )
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'close')
  return code as number | null
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 100 && !condition(); attempt++) await sleep(50)
}

test('the exit code is that of the tests, and nothing stays', async () => {
  const { child, printed, isMounted, left } = start('console.log(process.env.TMPDIR); process.exitCode = 3')
  expect(await exitCode(child)).toBe(3)
  expect(printed).toMatchObject({ out: expect.stringMatching(/\/var\/folders\/.*\/T\/\n$/), err: '' })
  expect([isMounted(), left()]).toEqual([false, []])
})

test('a question to the keychain fails the run', async () => {
  const ask =
    "require('child_process').spawnSync('git', ['credential', 'fill'], { input: 'protocol=https\\nhost=example.com\\n' })"
  const { child, printed } = start(ask)
  expect(await exitCode(child)).toBe(1)
  expect(printed.err).toMatch(/^git asked the keychain: get protocol=https host=example.com/m)
})

test('a signal ends the tests and the mount', async () => {
  const { child, printed, isMounted, left } = start('console.log("begun"); setTimeout(() => {}, 60_000)')
  await until(() => printed.out !== '')
  expect(isMounted()).toBe(true)
  child.kill('SIGTERM')
  expect(await exitCode(child)).toBe(143)
  expect([isMounted(), left()]).toEqual([false, []])
})

test('the mount ends even when the command is killed', async () => {
  const { child, printed, isMounted } = start('console.log("begun"); setTimeout(() => {}, 1_000)')
  await until(() => printed.out !== '')
  expect(isMounted()).toBe(true)
  child.kill('SIGKILL')
  await until(() => !isMounted())
  expect(isMounted()).toBe(false)
})

test('a machine that cannot do it fails the run, with the reason and what was not tested', async () => {
  const { child, printed, left } = start('', '/nowhere')
  expect(await exitCode(child)).toBe(1)
  expect(printed.err).toMatch(/^macOS cannot be emulated here: bsdtar is not on PATH\n.*Nothing was tested/)
  expect(left()).toEqual([])
})
