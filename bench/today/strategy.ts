import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as path from 'node:path'

/**
 * Where Go keeps what is cached, in the order in which setup-go hands it to @actions/cache.
 * Source: actions/setup-go, src/package-managers.ts.
 */
export function cachedDirectories(): string[] {
  return [goEnv('GOMODCACHE'), goEnv('GOCACHE')]
}

/**
 * The one key there is: no part of it is about the source, and there is no fallback.
 * Source: actions/setup-go, src/cache-restore.ts; the file is go.mod since version 6.
 */
export function primaryKey(): string {
  const { RUNNER_OS = '', ImageOS = '', GITHUB_WORKSPACE = '.', BENCH_GO_VERSION } = process.env
  const version = BENCH_GO_VERSION ?? goEnv('GOVERSION').replace(/^go/, '')
  const goMod = readFileSync(path.join(GITHUB_WORKSPACE, 'go.mod'))
  // As @actions/glob's hashFiles does it for one file: the hash of its hash.
  const inner = createHash('sha256').update(goMod).digest()
  const hash = createHash('sha256').update(inner).digest('hex')
  const image = RUNNER_OS === 'Linux' ? `${ImageOS}-` : ''
  return `setup-go-${RUNNER_OS}-${process.arch}-${image}go-${version}-${hash}`
}

function goEnv(name: string): string {
  return execFileSync('go', ['env', name], { encoding: 'utf8' }).trim()
}
