import { appendFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  encodeManifest,
  type Manifest,
  manifestName,
  readManifest,
} from '../../src/cache/archive/manifest.ts'
import type { Damage } from '../../testbed/cache-service/blob-store.ts'
import { cutTo, flipAt } from '../../testbed/cache-service/damages.ts'
import { end, forgeEntry, member, withBytes } from '../cache/archive/forged.ts'
import { isFull } from '../harness/extent.ts'
import { envelope, file, special } from '../platform/envelopes.ts'
import { insideEnvelope, insideObject } from './envelope.ts'
import { type FaultCase, testFaults } from './table.ts'

/** Number of places at which an entry is damaged. */
const forms = isFull ? 20 : 3

const refused = {
  ...({ step: 'goes on', log: 'warning', modules: 'downloaded' } as const),
  text: /the entry could not be used/,
}

function stored(damage: (form: number) => Damage): Pick<FaultCase, 'breaks'> {
  return { breaks: ({ service, entry }, form) => service.damage(entry, damage(form)) }
}

const inside = (change: (entry: string) => void) => stored(() => insideObject(change))
const saying = (stated: (manifest: Manifest) => object) =>
  inside((entry) =>
    writeFileSync(
      path.join(entry, manifestName),
      encodeManifest({ ...readManifest(entry), ...stated(readManifest(entry)) } as Manifest),
    ),
  )

testFaults('An entry damaged in transit', [
  {
    fault: 'It is truncated, at every twentieth of its length',
    ...refused,
    forms,
    ...stored((form) => cutTo(form / forms)),
  },
  {
    fault: 'A bit of it is flipped, in twenty places',
    ...refused,
    forms,
    ...stored((form) => flipAt((form + 0.5) / forms, form % 8)),
  },
  {
    fault: 'It is replaced by other bytes of the same length',
    ...refused,
    ...stored(
      () =>
        ({ length }) =>
          Buffer.alloc(length, 'x'),
    ),
  },
  {
    fault: 'It is compressed with gzip, under its usual name',
    ...refused,
    ...stored(() => (content) => gzipSync(content)),
  },
  {
    fault: 'Extra bytes follow it',
    ...refused,
    ...stored(() => (content) => Buffer.concat([content, Buffer.from('more')])),
  },
])

testFaults('A complete entry with wrong content', [
  {
    fault: 'Its manifest is missing',
    ...refused,
    text: /manifest\.json is not in the format of this action/,
    ...inside((entry) => rmSync(path.join(entry, manifestName))),
  },
  {
    fault: 'Its manifest is not JSON',
    ...refused,
    text: /manifest\.json is not in the format of this action/,
    ...inside((entry) => writeFileSync(path.join(entry, manifestName), '{')),
  },
  {
    fault: 'Its manifest is of a later version',
    ...refused,
    text: /manifest\.json is not in the format of this action/,
    ...inside((entry) => writeFileSync(path.join(entry, manifestName), '{"schema":99}\n')),
  },
  {
    fault: 'It is an entry of another kind',
    ...refused,
    text: /it holds build, not modules/,
    ...saying(() => ({ kind: 'build' })),
  },
  {
    fault: 'Its manifest states 100 GB',
    ...refused,
    text: /a total of bytes that differs/,
    ...saying(() => ({ bytes: 100e9 })),
  },
  {
    fault: 'Its manifest states a million files',
    ...refused,
    text: /a total of files that differs/,
    ...saying(() => ({ files: 1e6 })),
  },
  {
    fault: 'Its manifest calls every frame void',
    ...refused,
    text: /its tar is truncated/,
    ...saying(({ shards: all }) => ({
      shards: all.map((shard) => ({
        ...shard,
        frames: shard.frames.map(({ packed }) => ({ packed, raw: 0 })),
      })),
    })),
  },
  {
    fault: 'Its manifest lists 65 shards',
    ...refused,
    text: /lists 65 shards/,
    ...saying(({ shards: all }) => ({
      shards: [
        ...all,
        ...Array.from({ length: 65 - all.length }, (_, index) => ({
          ...all[0],
          ...{ name: `shard-${all.length + index}.tar.zst`, length: 0, frames: [], files: 0, bytes: 0 },
        })),
      ],
    })),
  },
  {
    fault: 'A shard is missing',
    ...refused,
    text: /bytes instead of/,
    ...inside((entry) => rmSync(shards(entry)[1] ?? '')),
  },
  {
    fault: 'A shard has extra bytes',
    ...refused,
    text: /instead of/,
    ...inside((entry) => appendFileSync(shards(entry)[0] ?? '', 'more')),
  },
  {
    fault: 'Two shards are swapped',
    ...refused,
    text: /shard-[01]\.tar\.zst/,
    ...inside((entry) => {
      const [one = '', other = ''] = shards(entry)
      renameSync(one, `${one}.aside`)
      renameSync(other, one)
      renameSync(`${one}.aside`, other)
    }),
  },
])

const toolkit = { 'cache-build': 'false', 'cache-backend': 'toolkit' }

testFaults(
  'A forged envelope',
  [
    {
      fault: 'It has an extra file',
      ...refused,
      text: /its envelope holds the file "entry\/extra"/,
      ...stored(() => insideEnvelope((entry) => writeFileSync(path.join(entry, 'extra'), 'x'))),
    },
    {
      fault: 'A file has an absolute path, or a path with `..`',
      ...refused,
      text: /its envelope holds the file "\/tmp\/escape", but an entry contains only a manifest and shards/,
      ...stored(() => () => envelope([file('/tmp/escape'), file('../escape')])),
    },
    {
      fault: 'A link leads out, and a file is written through it',
      ...refused,
      text: /its envelope holds the symbolic link "entry"/,
      ...stored(() => () => envelope([special('entry', '2', '/tmp'), file('entry/manifest.json')])),
    },
  ],
  toolkit,
)

/** A handmade entry with valid lengths and hashes. */
const forged = (content: readonly Buffer[], files = 1) =>
  inside((entry) => {
    rmSync(entry, { recursive: true, maxRetries: 5 })
    const bytes = files * 5
    forgeEntry(entry, [Buffer.concat([...content, end])], { files, bytes })
  })

testFaults('A forged entry', [
  {
    fault: 'A file has a path with `..` (`../../escape`)',
    ...refused,
    text: /has an empty, \. or \.\. part/,
    ...forged([member({ path: '../../escape' }, 'hello')]),
  },
  {
    fault: 'A file has an absolute path',
    ...refused,
    text: /is absolute/,
    ...forged([member({ path: '/tmp/escape' }, 'hello')]),
  },
  {
    fault: 'A file has a path on another drive (`C:\\escape`)',
    ...refused,
    text: /holds a backslash/,
    ...forged([member({ path: 'C:\\escape' }, 'hello')]),
  },
  { fault: 'A file is a symbolic link', ...refused, text: /a symbolic link/, ...forged([link('2')]) },
  { fault: 'A file is a hard link', ...refused, text: /a hard link/, ...forged([link('1')]) },
  { fault: 'A file is a device', ...refused, text: /a character device/, ...forged([link('3')]) },
  { fault: 'A file is a named pipe', ...refused, text: /a FIFO/, ...forged([link('6')]) },
  {
    fault: 'A frame expands to a thousand times its length',
    ...refused,
    ...forged([member({ path: 'root/file' }, '0'.repeat(8e6))]),
  },
])

/** A tar member that is not a regular file, and points outside. */
function link(type: string): Buffer {
  const target = '/etc/passwd'
  return withBytes(withBytes(member({ path: 'root/link', size: 0 }), 156, type), 157, target)
}

function shards(entry: string): readonly string[] {
  return readdirSync(entry)
    .filter((name) => name !== manifestName)
    .map((name) => path.join(entry, name))
}
