import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { type BundleContent, type BundledModule, bundleFiles, bundlePath } from '../../src/bundle/content.ts'
import { encodeManifest, type Manifest } from '../../src/cache/archive/manifest.ts'
import { writeSingleFile } from '../../src/cache/archive/single-file.ts'
import { parseGoSum, sumsDigest } from '../../src/gofiles/go-sum.ts'
import type { Root } from '../../src/gofiles/roots.ts'
import { root } from '../gofiles/root.ts'
import { type MadeModule, madeModule, publish, sumLines } from '../golden/modules.ts'

export const one = madeModule('example.com/one', 'v1.0.0', {
  'text.go': 'package one\n\nconst Text = "one"\n',
})
export const two = madeModule('example.com/two', 'v1.2.3')
export const modules: readonly MadeModule[] = [one, two]

/** A module with requirements, as the detection of the checkout returns it. */
export function rootOf(required: readonly MadeModule[]): Root {
  const lines = required.map(({ path: name, version }) => `require ${name} ${version}\n`)
  return root({
    goMod: `module example.com/app\n\ngo 1.21\n\n${lines.join('')}`,
    goSum: required.map(sumLines).join(''),
  })
}

/** How a written bundle differs from a valid one. */
export interface Wrong {
  /** Replaces files, by their paths in the bundle; their hashes in the metadata still match. */
  readonly bytes?: Readonly<Record<string, (bytes: Buffer) => Buffer>>
  /** Replaces fields of its metadata. */
  readonly content?: (content: BundleContent) => object
}

/** Writes a bundle of generated modules without a go command, and returns its metadata. */
export async function writeBundle(
  file: string,
  made: readonly MadeModule[] = modules,
  wrong: Wrong = {},
): Promise<BundleContent> {
  const folder = path.join(path.dirname(file), `${path.basename(file)}-sources`)
  const described = made.map((module): BundledModule => {
    publish(folder, module)
    const sums = parseGoSum(sumLines(module), 'go.sum')
    const of = (kind: 'info' | 'mod' | 'zip') => {
      const inBundle = bundlePath(module, kind)
      const source = path.join(folder, inBundle)
      const change = wrong.bytes?.[inBundle]
      if (change !== undefined) writeFileSync(source, change(readFileSync(source)))
      const bytes = readFileSync(source)
      return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
    }
    return {
      path: module.path,
      version: module.version,
      h1: sums.trees[0]?.h1 ?? '',
      goModH1: sums.goMods[0]?.h1 ?? '',
      ...{ info: of('info'), mod: of('mod'), zip: of('zip') },
    }
  })
  const content: BundleContent = {
    ...{ schema: 1, scope: 'build', go: ['1.21'], unused: [], toolchains: [], others: [] },
    sums: sumsDigest([parseGoSum(made.map(sumLines).join(''), 'go.sum')]),
    modules: described,
  }
  mkdirSync(path.dirname(file), { recursive: true })
  const units = [...bundleFiles(content).keys()].map((inBundle) => {
    const bytes = readFileSync(path.join(folder, inBundle))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const stored = { path: inBundle, source: path.join(folder, inBundle), size: bytes.length, sha256 }
    return { name: inBundle, files: [stored] }
  })
  await writeSingleFile(file, { kind: 'bundle', about: wrong.content?.(content) ?? content, units })
  return content
}

/** The line that `sha256sum` writes for a file. */
export function writeSide(file: string): void {
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
  writeFileSync(`${file}.sha256`, `${sha256}  ${path.basename(file)}\n`)
}

/**
 * A bundle with a changed header of a go.mod, and all hashes in its manifest recomputed.
 *
 * @param change changes the header, whose checksum is then recomputed
 */
export function rehashed(bundle: Buffer, change: (header: Buffer) => void): Buffer {
  const bytes = Buffer.from(bundle)
  const start = 8 + bytes.readUInt32LE(4)
  const text = bytes.toString('utf8', 8, start)
  const header = bytes.subarray(bytes.indexOf('example.com/two/@v/v1.2.3.mod\0', start))
  change(header)
  header.write(' '.repeat(8), 148, 'latin1')
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  const manifest = JSON.parse(text).manifest as Manifest
  let at = start
  const shards = manifest.shards.map((shard) => {
    const sha256 = createHash('sha256')
      .update(bytes.subarray(at, at + shard.length))
      .digest('hex')
    at += shard.length
    return { ...shard, sha256 }
  })
  bytes.write(encodeManifest({ ...withoutSchema(manifest), shards }), 8)
  return bytes
}

function withoutSchema(manifest: Manifest & { readonly schema?: number }): Manifest {
  const { schema: _, ...rest } = manifest
  return rest
}
