import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { manifestName, readManifest, writeManifest } from '../../src/cache/archive/manifest.ts'
import { walkUnit } from '../../src/cache/archive/pack.ts'
import { packShard } from '../../src/cache/archive/pack-shard.ts'
import { unpackShard } from '../../src/cache/archive/unpack-shard.ts'
import type { Damage } from '../../testbed/cache-service/blob-store.ts'
import { temporaryFolder } from '../temporary.ts'

/**
 * Changes the entry in an archive that @actions/cache has stored, and packs it again as @actions/cache does, so that
 * the envelope itself is valid.
 *
 * @param change receives the absolute path of the entry's folder
 */
export function insideEnvelope(change: (entry: string) => void): Damage {
  return (content) => {
    const folder = temporaryFolder()
    const [before, after] = ['before', 'after'].map((name) => path.join(folder, name)) as [string, string]
    writeFileSync(before, content)
    const unpacked = path.join(folder, 'unpacked')
    mkdirSync(unpacked)
    execFileSync('tar', ['-xf', before, '-C', unpacked])
    const [name = ''] = readdirSync(unpacked)
    change(path.join(unpacked, name))
    const isZstd = content.readUInt32LE(0) === 0xfd2fb528
    execFileSync('tar', [
      '--posix',
      '-cf',
      after,
      ...(isZstd ? ['--zstd'] : ['--gzip']),
      '-C',
      unpacked,
      name,
    ])
    return readFileSync(after)
  }
}

/**
 * Changes the entry in a stored object of this action, and stores it again.
 *
 * @param change receives the absolute path of the entry's folder
 */
export function insideObject(change: (entry: string) => void): Damage {
  return (content) => {
    const entry = path.join(temporaryFolder(), 'entry')
    mkdirSync(entry)
    const end = 8 + content.readUInt32LE(4)
    writeFileSync(path.join(entry, manifestName), content.subarray(8, end))
    let at = end
    for (const { name, length } of readManifest(entry).shards) {
      writeFileSync(path.join(entry, name), content.subarray(at, at + length))
      at += length
    }
    change(entry)
    const read = (name: string) =>
      existsSync(path.join(entry, name)) ? readFileSync(path.join(entry, name)) : Buffer.alloc(0)
    const manifest = read(manifestName)
    const header = Buffer.from(content.subarray(0, 8))
    header.writeUInt32LE(manifest.length, 4)
    const shards = readdirSync(entry).filter((name) => name !== manifestName)
    return Buffer.concat([header, manifest, ...shards.sort().map(read)])
  }
}

/**
 * Packs an entry again with other content and valid hashes, as anyone with write access to entries can.
 *
 * @param entry absolute path of the entry's folder
 * @param change receives the absolute path of a folder with the content of the entry; everything below its roots is
 * packed
 */
export function repackEntry(entry: string, change: (content: string) => void): void {
  const manifest = readManifest(entry)
  const content = path.join(temporaryFolder(), 'content')
  const rootsOf = (index: number) =>
    manifest.units.filter(({ shard }) => shard === index).flatMap(({ roots }) => roots)
  const plain = { mtimeSeconds: undefined, verifyBuildObjects: false } as const
  for (const [index, shard] of manifest.shards.entries()) {
    const [file, roots] = [path.join(entry, shard.name), rootsOf(index)]
    for (const root of roots) mkdirSync(path.dirname(path.join(content, root)), { recursive: true })
    const place = { file }
    unpackShard({ ...plain, place, shard, stage: content, roots, skipRoots: [], readOnlyRoots: [] })
    rmSync(file)
  }
  change(content)
  const shards = manifest.shards.map(({ name }, index) => {
    const units = manifest.units
      .filter(({ shard }) => shard === index)
      .map((unit) => ({ ...unit, paths: walkUnit(content, unit, () => false).paths, expected: [] }))
    const target = { file: path.join(entry, name) }
    const packed = packShard({ ...plain, base: content, units, onFault: 'leave-out-file', target })
    const { length, sha256, files, bytes, frames } = packed
    return { name, length, sha256, files, bytes, frames }
  })
  const total = (field: 'files' | 'bytes') => shards.reduce((sum, shard) => sum + shard[field], 0)
  rmSync(path.join(entry, manifestName))
  writeManifest(entry, { ...manifest, shards, files: total('files'), bytes: total('bytes') })
}

/** Changes the content of the stored entry with a shell script. */
export function scriptInside(script: string): Damage {
  return insideObject((entry) =>
    repackEntry(entry, (content) => execFileSync('bash', ['-ec', script], { cwd: content })),
  )
}
