import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { type SourceTree, writeSourceTree } from './source-tree.ts'

type Pack = typeof import('../src/pack/pack.ts') & typeof import('../src/pack/unpack.ts')

/** What one way of packing and unpacking took. */
interface Run {
  /** In seconds. */
  readonly pack: number
  readonly unpack: number
  /** Length of the archive in bytes. */
  readonly size: number
}

const pairs = 5
const files = 20_000

/**
 * Compares our pack with `tar | zstd -3 -T0`, which is what cache actions run today: 20,000 files like those
 * of a module cache, in the folder for temporary files (set TMPDIR to compare on another file system).
 * Prints the ratios ours / theirs, medians of pairs; asserts nothing.
 */
export async function benchPack(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-pack-'))
  try {
    const base = join(folder, 'tree')
    mkdirSync(base)
    const tree = writeSourceTree(base, files)
    const pack = await bundled(folder)
    const ours = () => runOurs(pack, folder, base, tree)
    const theirs = () => runTar(folder, base)
    console.log(`pack: ${tree.files} files, ${megabytes(tree.bytes)}, in ${tmpdir()}`)
    await ours()
    theirs()
    const results: { readonly ours: Run; readonly theirs: Run }[] = []
    for (let pair = 0; pair < pairs; pair++) {
      const early = pair % 2 === 0 ? await ours() : undefined
      const other = theirs()
      results.push({ ours: early ?? (await ours()), theirs: other })
    }
    report(results)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Bundled as in dist/: from source, each thread would spend a tenth of a second on stripping types. */
async function bundled(folder: string): Promise<Pack> {
  const source = fileURLToPath(new URL('../src/', import.meta.url))
  const outdir = join(folder, 'bundle')
  const entryPoints = ['pack/pack.ts', 'pack/unpack.ts', 'worker.ts'].map((entry) => join(source, entry))
  await build({
    ...{ entryPoints, outdir, entryNames: '[name]', outExtension: { '.js': '.mjs' } },
    ...{ bundle: true, platform: 'node', target: 'node24', format: 'esm' },
  })
  const load = (name: string) => import(pathToFileURL(join(outdir, name)).href)
  return { ...(await load('pack.mjs')), ...(await load('unpack.mjs')) }
}

async function runOurs(
  { packEntry, unpackEntry }: Pack,
  folder: string,
  base: string,
  tree: SourceTree,
): Promise<Run> {
  const [directory, stage] = [join(folder, 'entry'), join(folder, 'ours')]
  const packed = await packEntry({ kind: 'modules', about: {}, base, units: tree.units, directory })
  const unpacked = await unpackEntry({ directory, stage, readOnly: true })
  rmSync(directory, { recursive: true })
  rmSync(stage, { recursive: true })
  return { pack: packed.seconds, unpack: unpacked.seconds, size: packed.packedBytes }
}

function runTar(folder: string, base: string): Run {
  const [archive, target] = [join(folder, 'archive.tar.zst'), join(folder, 'theirs')]
  mkdirSync(target)
  const pack = shell('tar -cf - -C "$1" . | zstd -q -3 -T0 -o "$2"', base, archive)
  const unpack = shell('zstd -q -d -c "$1" | tar -xf - -C "$2"', archive, target)
  const { size } = statSync(archive)
  rmSync(archive)
  rmSync(target, { recursive: true })
  return { pack, unpack, size }
}

function shell(script: string, ...parameters: readonly string[]): number {
  const start = performance.now()
  execFileSync('bash', ['-c', `set -o pipefail; ${script}`, 'bash', ...parameters], { stdio: 'inherit' })
  return (performance.now() - start) / 1000
}

function report(results: readonly { readonly ours: Run; readonly theirs: Run }[]): void {
  const rows = [
    ['pack', (run: Run) => run.pack, (value: number) => `${value.toFixed(2)} s`],
    ['unpack', (run: Run) => run.unpack, (value: number) => `${value.toFixed(2)} s`],
    ['size', (run: Run) => run.size, megabytes],
  ] as const
  for (const [name, measure, show] of rows) {
    const ours = median(results.map((pair) => measure(pair.ours)))
    const theirs = median(results.map((pair) => measure(pair.theirs)))
    const ratio = median(results.map((pair) => measure(pair.ours) / measure(pair.theirs)))
    console.log(
      `  ${name.padEnd(8)} ours ${show(ours)}, tar | zstd ${show(theirs)}, ratio ${ratio.toFixed(2)}`,
    )
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await benchPack()
