import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CacheClientAnswer, CacheClientRequest } from '../../src/platform/cache-client/client.ts'
import { type CacheService, startCacheService } from '../../testbed/cache-service/service.ts'
import { emulatedVariables } from '../../testbed/macos/emulation.ts'
import { root } from '../harness/bed.ts'
import { envelope, file, gzip, header, pax, special, typed } from '../platform/envelopes.ts'
import { temporaryFolder } from '../temporary.ts'

const key = 'entry-1'
const bundle = path.join(root, 'dist', 'cache-client.mjs')
const whole = [file('entry/manifest.json', '{}'), file('entry/shard-0.tar.zst', 'bytes')]

let service: CacheService
beforeAll(async () => {
  service = await startCacheService()
  return () => service.stop()
})

/** Runs dist/cache-client.mjs as the action does, where every `tar` logs its arguments to a file. */
async function carried(
  request: CacheClientRequest,
  home: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<CacheClientAnswer & { readonly tar: string }> {
  const [bin, log] = [path.join(home, 'bin'), path.join(home, 'tar.log')]
  mkdirSync(bin, { recursive: true })
  writeFileSync(path.join(bin, 'tar'), `#!/bin/sh\necho "$@" >> '${log}'\nPATH="\${PATH#*:}" exec tar "$@"\n`)
  chmodSync(path.join(bin, 'tar'), 0o755)
  const work = path.join(home, 'work')
  mkdirSync(work, { recursive: true })
  if (request.operation === 'save') {
    mkdirSync(path.join(work, 'entry'))
    writeFileSync(path.join(work, 'entry', 'manifest.json'), '{}')
    writeFileSync(path.join(work, 'entry', 'shard-0.tar.zst'), 'bytes')
  }
  const env = {
    ...emulatedVariables(),
    PATH: `${bin}:${process.env.PATH}`,
    ...service.environment(),
    GITHUB_WORKSPACE: work,
    RUNNER_TEMP: work,
    ...environment,
  }
  const child = spawn(process.execPath, [bundle], { cwd: work, env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(JSON.stringify(request))
  await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once('close', resolve)),
  ])
  const answer = JSON.parse(readFileSync(path.join(work, 'answer.json'), 'utf8')) as CacheClientAnswer
  return { ...answer, tar: existsSync(log) ? readFileSync(log, 'utf8') : '' }
}

const restore: CacheClientRequest = { operation: 'restore', key, prefixes: [] }

describe('the committed cache client', () => {
  beforeAll(async () => {
    const home = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-test-'))
    const saved = await carried({ operation: 'save', key, prefixes: [] }, home)
    rmSync(home, { recursive: true, maxRetries: 5 })
    expect(saved).toEqual({ saved: true, tar: expect.stringContaining('--posix -cf cache.tzst') })
  })

  test('restores what it saved without running tar, in debug runs too', async () => {
    const home = temporaryFolder()
    expect(await carried(restore, home, { RUNNER_DEBUG: '1' })).toEqual({ key, tar: '' })
    expect(readFileSync(path.join(home, 'work', 'entry', 'manifest.json'), 'utf8')).toBe('{}')
    expect(readFileSync(path.join(home, 'work', 'entry', 'shard-0.tar.zst'), 'utf8')).toBe('bytes')
  })

  test('has no argument that makes tar unpack', () => {
    const code = readFileSync(bundle, 'utf8')
    expect(code).toContain('"--posix"')
    expect(code).not.toMatch(/["'`](?:-xf|-tf|--extract)["'`]/)
    expect(code).toContain('src/platform/cache-client/envelope.ts')
  })

  test.each<[string, (outside: string) => readonly Buffer[]]>([
    ['a file with an absolute path', (outside) => [file(path.join(outside, 'evil'))]],
    ['a file with a path that leads out', () => [file('../outside/evil'), file('../../outside/evil')]],
    [
      'a link that the next file is written through',
      (outside) => [special('entry', '2', outside), file('entry/manifest.json')],
    ],
    [
      'a link in place of a shard',
      (outside) => [
        special('entry/shard-0.tar.zst', '2', path.join(outside, 'evil')),
        file('entry/shard-0.tar.zst'),
      ],
    ],
    [
      'a hard link that the next file is written to',
      (outside) => [
        special('entry/manifest.json', '1', path.join(outside, 'kept')),
        file('entry/manifest.json'),
      ],
    ],
    [
      'a path in a pax header',
      (outside) => [pax({ path: path.join(outside, 'evil') }), file('entry/manifest.json')],
    ],
    [
      'a GNU long name',
      (outside) => [
        typed('././@LongLink', 'L', Buffer.from(`${outside}/evil\0`)),
        file('entry/manifest.json'),
      ],
    ],
    ['the answer file of the cache client', () => [file('answer.json', '{"key":"forged"}')]],
    ['a device', () => [special('entry/manifest.json', '3')]],
    ['a named pipe', () => [special('entry/manifest.json', '6')]],
    ['a name that differs only in case', () => [file('entry/Manifest.json', 'forged')]],
    ['a member of the same name', () => [file('entry/manifest.json', 'forged')]],
    [
      'a sparse file',
      (outside) => [
        pax({ 'GNU.sparse.major': '1', 'GNU.sparse.name': path.join(outside, 'evil') }),
        file('entry/manifest.json'),
      ],
    ],
  ])('does not write %s', async (_, members) => {
    const home = temporaryFolder()
    const outside = path.join(home, 'outside')
    mkdirSync(outside)
    writeFileSync(path.join(outside, 'kept'), 'kept')
    const undo = service.damage(key, () => envelope([...members(outside), ...whole]))
    const answer = await carried(restore, home).finally(undo)
    expect(answer).toEqual({ corrupt: expect.stringMatching(/^its envelope holds /), tar: '' })
    expect(existsSync(path.join(outside, 'evil'))).toBe(false)
    expect(readFileSync(path.join(outside, 'kept'), 'utf8')).toBe('kept')
  })

  test.each<[string, Buffer, RegExp]>([
    [
      'a small archive of gigabytes',
      envelope([file('entry/shard-1.tar.zst', Buffer.alloc(140 * 1024 * 1024)), ...whole]),
      /unpacks to far more than its own length/,
    ],
    [
      'a length of eight gigabytes',
      envelope([header('entry/shard-1.tar.zst', 2 ** 33 - 1), ...whole]),
      /unpacks to far more than its own length/,
    ],
    [
      'a link in gzip',
      envelope([special('entry', '2', '/tmp'), ...whole], gzip),
      /the symbolic link "entry"/,
    ],
    ['a second archive', Buffer.concat([envelope(whole), envelope(whole)]), /is followed by other data/],
  ])('refuses %s', async (_, archive, why) => {
    const home = temporaryFolder()
    const undo = service.damage(key, () => archive)
    const answer = await carried(restore, home).finally(undo)
    expect(answer).toEqual({ corrupt: expect.stringMatching(why), tar: '' })
  })
})
