import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { treeHashOf } from '../src/gofiles/h1.ts'
import { type ZippedFile, zipFile } from '../testbed/zip-file.ts'
import { gaussian, randomNumbers, sourceText } from './source-tree.ts'

/** Generated modules, in a folder that serves as GOPROXY. */
export interface ServedModules {
  /** The requirements and go.sum lines of a module that requires all of them. */
  readonly requires: string
  readonly sums: string
  /** Total length of the zips, in bytes. */
  readonly bytes: number
}

/** A file, with its path in its module. */
interface PackedFile extends ZippedFile {
  readonly sha256: string
}

/** Number of distinct contents; other modules have the same files under other names. */
const contents = 20

/**
 * Writes modules as a file GOPROXY: sources with real lengths and compressibility.
 *
 * @param folder absolute path
 * @param count number of modules
 * @param zipBytes approximate length of each zip
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
    const zip = zipFile(
      files.map((file) => ({ ...file, name: `${name}@${version}/${file.name}` })),
      'deflated',
    )
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
    bytes += file.data.length
  }
  return files
}

function packed(name: string, bytes: Buffer): PackedFile {
  return {
    name,
    size: bytes.length,
    crc: crc32(bytes),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    data: deflateRawSync(bytes),
  }
}
