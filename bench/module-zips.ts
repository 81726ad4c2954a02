import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { treeHashOf } from '../src/modules/tree-hash.ts'
import { gaussian, randomNumbers, sourceText } from './source-tree.ts'

/** Made modules, in a folder that is a GOPROXY. */
export interface ServedModules {
  /** The requirements and go.sum lines of a module that needs all of them. */
  readonly requires: string
  readonly sums: string
  /** Length of the zips together, in bytes. */
  readonly bytes: number
}

interface PackedFile {
  readonly name: string
  readonly size: number
  readonly crc: number
  readonly sha256: string
  readonly deflated: Buffer
}

/** So many contents there are; other modules have the same files under other names. */
const contents = 20

/**
 * Writes modules as a GOPROXY of files: sources, as long and as compressible as real ones.
 *
 * @param folder absolute path
 * @param count how many
 * @param zipBytes about how long each zip is
 */
export function writeModuleZips(folder: string, count: number, zipBytes: number): ServedModules {
  const random = randomNumbers(2)
  const text = sourceText(random, 16 * 1024 * 1024)
  const kinds = Array.from({ length: Math.min(contents, count) }, () => filesOf(text, random, zipBytes))
  const [requires, sums]: [string[], string[]] = [[], []]
  let bytes = 0
  for (let index = 0; index < count; index++) {
    const [name, version] = [`example.com/owner${index % 40}/module${index}`, 'v1.0.0']
    const goMod = `module ${name}\n\ngo 1.21\n`
    const files = [packed('go.mod', Buffer.from(goMod)), ...(kinds[index % kinds.length] ?? [])]
    const zip = zipOf(`${name}@${version}`, files)
    const at = path.join(folder, name, '@v')
    mkdirSync(at, { recursive: true })
    writeFileSync(path.join(at, `${version}.zip`), zip)
    writeFileSync(path.join(at, `${version}.mod`), goMod)
    writeFileSync(
      path.join(at, `${version}.info`),
      JSON.stringify({ Version: version, Time: '2020-01-01T00:00:00Z' }),
    )
    const tree = treeHashOf(
      files.map((file) => ({ name: `${name}@${version}/${file.name}`, sha256: file.sha256 })),
    )
    const mod = treeHashOf([{ name: 'go.mod', sha256: files[0]?.sha256 ?? '' }])
    requires.push(`require ${name} ${version}\n`)
    sums.push(`${name} ${version} ${tree}\n${name} ${version}/go.mod ${mod}\n`)
    bytes += zip.length
  }
  return { requires: requires.join(''), sums: sums.join(''), bytes }
}

function filesOf(text: Buffer, random: () => number, zipBytes: number): readonly PackedFile[] {
  const files: PackedFile[] = []
  for (let bytes = 0; bytes < zipBytes; ) {
    const length = Math.min(1_000_000, Math.floor(4000 * Math.exp(1.55 * gaussian(random))))
    const start = Math.floor(random() * (text.length - length))
    const file = packed(`package${files.length}/file.go`, text.subarray(start, start + length))
    files.push(file)
    bytes += file.deflated.length
  }
  return files
}

function packed(name: string, bytes: Buffer): PackedFile {
  return {
    name,
    size: bytes.length,
    crc: crc32(bytes),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    deflated: deflateRawSync(bytes),
  }
}

/** A zip as Go makes them: deflated, no times (APPNOTE.TXT 4.3). */
function zipOf(prefix: string, files: readonly PackedFile[]): Buffer {
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const { name, size, crc, deflated } of files) {
    const nameBytes = Buffer.from(`${prefix}/${name}`)
    // Version needed, flags, method, time, date, CRC-32, both sizes, lengths of name and extra.
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc, 10)
    common.writeUInt32LE(deflated.length, 14)
    common.writeUInt32LE(size, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes, deflated])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, place, nameBytes]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
