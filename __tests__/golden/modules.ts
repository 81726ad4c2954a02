import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { storedFile, zipFile } from '../../testbed/zip-file.ts'
import { writeFiles } from '../temporary.ts'

/** A module version as its author wrote it. */
export interface MadeModule {
  readonly path: string
  readonly version: string
  /** Text by path below the module's root, including go.mod. */
  readonly files: Readonly<Record<string, string>>
}

/** A module with a package that imports nothing, and the given files. */
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
 * @param folder the files of the proxy
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
  const zip = zipFile(
    zipContent(module).map(([file, text]) => storedFile(file, text)),
    'stored',
  )
  writeFileSync(path.join(at, `${escaped(version)}.zip`), zip)
}

/** Escapes capital letters so that no file system confuses them (golang.org/x/mod/module, EscapePath). */
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
