import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { crc32 } from 'node:zlib'
import { writeFiles } from '../temporary.ts'

/** A module version as its author wrote it. */
export interface MadeModule {
  readonly path: string
  readonly version: string
  /** Text by path below the module's root; go.mod among them. */
  readonly files: Readonly<Record<string, string>>
}

/** A module with a package that imports nothing, and what else is given. */
export function madeModule(
  name: string,
  version: string,
  files: Readonly<Record<string, string>> = {},
): MadeModule {
  const lastElement = name.split('/').at(-1)?.replace(/\W.*/, '') ?? name
  return {
    path: name,
    version,
    files: {
      'go.mod': `module ${name}\n\ngo 1.21\n`,
      [`${lastElement}.go`]: `package ${lastElement}\n`,
      ...files,
    },
  }
}

/**
 * Writes a module as a module proxy serves it (https://go.dev/ref/mod#goproxy-protocol).
 * @param folder where the proxy's files are
 */
export function publish(folder: string, module: MadeModule): void {
  const { path: name, version, files } = module
  const at = path.join(folder, escaped(name), '@v')
  const info = JSON.stringify({ Version: version, Time: '2020-01-01T00:00:00Z' })
  writeFiles(at, {
    '../@latest': info,
    list: `${version}\n`,
    [`${escaped(version)}.info`]: info,
    [`${escaped(version)}.mod`]: files['go.mod'] ?? '',
  })
  writeFileSync(path.join(at, `${escaped(version)}.zip`), storedZip(zipContent(module)))
}

/** Capital letters are written so that no file system confuses them (golang.org/x/mod/module, EscapePath). */
function escaped(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)
}

/** The two lines of go.sum for a module (golang.org/x/mod/sumdb/dirhash, Hash1). */
export function sumLines(module: MadeModule): string {
  const { path: name, version, files } = module
  const goMod = hash1([['go.mod', files['go.mod'] ?? '']])
  return `${name} ${version} ${hash1(zipContent(module))}\n${name} ${version}/go.mod ${goMod}\n`
}

type NamedText = readonly [name: string, text: string]

function zipContent({ path: name, version, files }: MadeModule): readonly NamedText[] {
  return Object.entries(files).map(([file, text]) => [`${name}@${version}/${file}`, text] as const)
}

function hash1(files: readonly NamedText[]): string {
  const lines = files
    .map(([name, text]) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`)
    .sort((one, other) => (one.slice(66) < other.slice(66) ? -1 : 1))
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`
}

/** A zip file that compresses nothing: local headers and bytes, then the directory of them (APPNOTE.TXT 4.3). */
function storedZip(files: readonly NamedText[]): Buffer {
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const [name, text] of files) {
    const [nameBytes, body] = [Buffer.from(name), Buffer.from(text)]
    // Version needed, flags, method, time, date, CRC-32, compressed and real size, lengths of name and extra.
    const common = Buffer.alloc(26)
    common.writeUInt16LE(10, 0)
    common.writeUInt32LE(crc32(body), 10)
    common.writeUInt32LE(body.length, 14)
    common.writeUInt32LE(body.length, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes, body])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x0a\x00', 'latin1'), common, place, nameBytes]))
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
