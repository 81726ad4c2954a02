import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unpackEnvelope } from '../../../src/platform/cache-client/envelope.ts'
import { withBytes } from '../../cache/archive/forged.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'
import { envelope, file, gzip, header, pax, typed } from '../envelopes.ts'
import { unpacked } from './unpacked.ts'

const names = [
  'entry',
  'entry/',
  'entry/manifest.json',
  './entry/manifest.json',
  'entry/shard-0.tar.zst',
  'entry/shard-63.tar.zst',
  'Entry/Manifest.JSON',
  'entry/MANIFEST.json',
  'entry/manifest.json/',
  'entry//manifest.json',
  'entry/./manifest.json',
  'entry/../entry/manifest.json',
  'entry/../../escape',
  '../escape',
  '/tmp/escape',
  'C:\\escape',
  'entry/manifest.json:stream',
  'entry/._manifest.json',
  '._../escape',
  'answer.json',
  '',
]

/** The members that an attacker may write: any name, type, target and length, with and without pax headers. */
const members = fc
  .record({
    name: fc.constantFrom(...names),
    type: fc.constantFrom(
      '0',
      '0',
      '0',
      '\0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      'x',
      'g',
      'L',
      'K',
      'S',
      'D',
      'V',
    ),
    target: fc.constantFrom('', '/etc/passwd', '../escape', 'entry'),
    prefix: fc.constantFrom('', '', '..', 'entry', '/tmp'),
    pax: fc.option(
      fc.record(
        {
          path: fc.constantFrom(...names.slice(0, -1)),
          size: fc.constantFrom('0', '5', '512', '99999999999', '-1'),
          linkpath: fc.constant('/etc/passwd'),
          'GNU.sparse.name': fc.constant('/tmp/escape'),
        },
        { requiredKeys: [] },
      ),
      { freq: 3 },
    ),
    size: fc.option(fc.constantFrom('77777777777\0', '\x80'.padEnd(12, '\x01'), '\xff'.repeat(12)), {
      freq: 9,
    }),
    content: fc.constantFrom('', 'bytes', '10 path=..', '19 path=../escape\n'),
  })
  .map((one) => {
    const typedMember = typed(one.name.slice(0, 99), one.type, Buffer.from(one.content))
    const targeted = withBytes(withBytes(typedMember, 157, one.target), 345, one.prefix)
    const sized = one.size === null ? targeted : withBytes(targeted, 124, one.size)
    return Buffer.concat([...(one.pax === null ? [] : [pax(one.pax)]), sized])
  })

describe('whatever an envelope holds, only files of an entry are written, and only into its folder', () => {
  test('for members of any kind', async () => {
    let accepted = 0
    const holds = fc.asyncProperty(fc.array(members, { maxLength: 5 }), fc.boolean(), async (all, isGzip) => {
      const { files, why } = await unpacked(isGzip ? envelope(all, gzip) : envelope(all))
      if (why === '') accepted++
      else expect(why).toMatch(/^its envelope /)
      for (const name of Object.keys(files)) expect(name).toMatch(/^(?:manifest\.json|shard-\d+\.tar\.zst)$/)
      expect(existsSync('/tmp/escape')).toBe(false)
    })
    await fc.assert(holds, { numRuns: 250 })
    expect(accepted).toBeGreaterThan(0)
  })

  test('for bytes changed anywhere', async () => {
    const whole = Buffer.concat([
      pax({ path: 'entry/manifest.json' }),
      file('x', '{}'),
      file('entry/shard-0.tar.zst'),
    ])
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
    const holds = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const changed = Buffer.from(whole)
      for (const [at, byte] of changes) changed[at] = byte
      // Right checksums, so that the change is not refused for them alone.
      const blocks = [0, 1024, 2048].map((at) => at - (at % 512))
      for (const at of blocks) withBytes(changed.subarray(at, at + 512), 0, '').copy(changed, at)
      const { files } = await unpacked(envelope([changed]))
      for (const name of Object.keys(files)) expect(name).toMatch(/^(?:manifest\.json|shard-\d+\.tar\.zst)$/)
    })
    await fc.assert(holds, { numRuns: 250 })
  })
})

// Windows renames no open file, nor a folder that holds one, nor anything to the name of an open file.
describe.runIf(isUnix)('a swap while the envelope is unpacked', () => {
  const content = randomBytes(8 * 1024 * 1024)

  /** Starts to unpack an entry of two shards, and swaps something once the first is being written. */
  async function swapped(swap: (archive: string, folder: string) => void) {
    const scratch = temporaryFolder()
    const [archive, folder] = [path.join(scratch, 'cache.tzst'), path.join(scratch, 'entry')]
    const whole = envelope([file('entry/shard-0.tar.zst', content), file('entry/shard-1.tar.zst', 'second')])
    writeFileSync(archive, whole)
    let isOver = false
    const done = unpackEnvelope(archive, folder).then(
      () => '',
      (error: Error) => error.message,
    )
    void done.then(() => {
      isOver = true
    })
    while (!existsSync(path.join(folder, 'shard-0.tar.zst'))) await turn()
    expect(isOver).toBe(false)
    swap(archive, folder)
    return { why: await done, scratch, folder }
  }

  test('of the archive changes nothing', async () => {
    const { why, folder } = await swapped((archive) => {
      writeFileSync(
        `${archive}.other`,
        Buffer.concat([envelope([file('entry/shard-2.tar.zst')]), randomBytes(1e7)]),
      )
      renameSync(`${archive}.other`, archive)
    })
    expect(why).toBe('')
    expect(readdirSync(folder).sort()).toEqual(['shard-0.tar.zst', 'shard-1.tar.zst'])
    expect(readFileSync(path.join(folder, 'shard-0.tar.zst')).equals(content)).toBe(true)
  })

  test('of the folder for a link replaces no file, and the entry is not used', async () => {
    const { why, scratch } = await swapped((_, folder) => {
      const outside = path.join(path.dirname(folder), 'outside')
      mkdirSync(outside)
      writeFileSync(path.join(outside, 'shard-1.tar.zst'), 'kept')
      renameSync(folder, `${folder}.aside`)
      symlinkSync(outside, folder)
    })
    expect(why).toMatch(/EEXIST/)
    expect(readFileSync(path.join(scratch, 'outside', 'shard-1.tar.zst'), 'utf8')).toBe('kept')
  })

  test('of the folder for another one is noticed', async () => {
    const { why } = await swapped((_, folder) => {
      renameSync(folder, `${folder}.aside`)
      mkdirSync(folder)
    })
    expect(why).toMatch(/was replaced while it was written to/)
  })
})

test('a length that only the header of a header claims is refused before anything is written', async () => {
  const { files, why } = await unpacked(
    envelope([pax({ size: '999999999999999' }), header('entry/shard-0.tar.zst', 0)]),
  )
  expect([files, why]).toEqual([{}, 'its envelope unpacks to far more than its own length'])
})
