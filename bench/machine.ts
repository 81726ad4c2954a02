import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import * as path from 'node:path'

/** Conditions that affect the numbers besides the measured code. Nothing here names the machine or its folders. */
export interface Surroundings {
  /** Versions of everything except this action. */
  readonly versions: Readonly<Record<string, string>>
  /** Processors, memory, and the file system of the measured files. */
  readonly machine: Readonly<Record<string, string>>
  /** Compression of `today`: @actions/cache uses gzip if zstd is missing. */
  readonly compression: 'zstd' | 'gzip'
}

const root = path.resolve(import.meta.dirname, '..')
/** Source: statfs(2), f_type. */
const memoryFileSystem = 0x01021994

/**
 * Detects these conditions.
 *
 * @param folder absolute path of the folder in which everything is measured
 * @throws {Error} when Go or tar is missing
 */
export function detectSurroundings(folder: string): Surroundings {
  const zstd = outputOf('zstd', '--version')
  return {
    versions: {
      go: required('go', 'env', 'GOVERSION').replace(/^go/, ''),
      node: process.version.replace(/^v/, ''),
      tar: (required('tar', '--version').split('\n')[0] ?? '').replace(/^tar \(GNU tar\)/, 'GNU'),
      zstd: /v?(\d+\.\d+\.\d+)/.exec(zstd ?? '')?.[1] ?? 'none',
      '@actions/cache': packageVersion('@actions/cache'),
    },
    machine: {
      system: process.platform,
      processors: String(availableParallelism()),
      memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
      'file system': isInMemory(folder) ? 'in memory' : 'on disk',
    },
    compression: zstd === undefined ? 'gzip' : 'zstd',
  }
}

/** Whether a folder is on a file system in memory. */
export function isInMemory(folder: string): boolean {
  return statfsSync(folder).type === memoryFileSystem
}

/**
 * Returns the version of this action, its commit, and a digest of its bundles: they are reproducible, so this
 * identifies what was measured. `+` after the commit: files differed from it.
 *
 * @param action folder of the measured action
 */
export function actionVersion(action: string = root): string {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  const hash = createHash('sha256')
  const dist = path.join(action, 'dist')
  const bundles = readdirSync(dist).filter((name) => name.endsWith('.mjs'))
  for (const name of bundles.sort()) hash.update(readFileSync(path.join(dist, name)))
  const commit = action === root ? commitText() : ''
  return `${version}, ${commit}bundles ${hash.digest('hex').slice(0, 12)}`
}

/** The commit of this repository; empty without git. Results of earlier scenarios of a run do not count as changes. */
function commitText(): string {
  const commit = outputOf('git', '-C', root, 'rev-parse', '--short=12', 'HEAD')
  const results = ['bench/RESULTS.md', 'bench/results.json'].map((name) => `:(exclude)${name}`)
  const changes = outputOf('git', '-C', root, 'status', '--porcelain', '--', '.', ...results)
  return commit === undefined ? '' : `commit ${commit}${changes === '' ? '' : '+'}, `
}

function packageVersion(name: string): string {
  const file = path.join(root, 'node_modules', name, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function outputOf(program: string, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', cwd: path.parse(root).root }).trim()
  } catch {
    return undefined
  }
}

function required(program: string, ...args: readonly string[]): string {
  const text = outputOf(program, ...args)
  if (text === undefined) throw new Error(`The bench needs ${program} on PATH, and it is not there.`)
  return text
}
