import { readdirSync, readFileSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { isTestLog } from '../../src/testcache/test-log.ts'
import { runProcess } from '../../testbed/process.ts'
import type { InstalledGo } from '../golden/go.ts'

/** Persistent build caches: compiling the standard library takes longer than all tests. */
const kept = path.resolve(import.meta.dirname, '..', '..', '.tools', 'build-caches')

/** A Go, and its writable folders. */
export interface Tester {
  readonly go: InstalledGo
  /** Folder for everything except the build cache. */
  readonly state: string
  /** Start of its tests, in milliseconds since 1970: the build cache also holds results of others. */
  readonly began: number
}

/**
 * Runs all tests of a module, as a job does.
 *
 * @param env more variables
 * @returns the packages that ran, by the last path element; results of the others came from the cache
 * @throws Error when a test fails
 */
export async function testsThatRan(
  { go, state }: Tester,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await runProcess({
    command: go.program,
    args: ['test', '-vet=off', './...'],
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: state,
      TMPDIR: state,
      GOENV: 'off',
      GOFLAGS: '',
      GOPATH: path.join(state, 'go'),
      GOCACHE: path.join(kept, go.version),
      GOPROXY: 'off',
      GOSUMDB: 'off',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
      ...env,
    },
  })
  if (exitCode !== 0) throw new Error(`${stdout}${stderr}`)
  const results = stdout.split('\n').filter((line) => line.startsWith('ok'))
  if (results.length === 0) throw new Error(`no tests: ${stdout}${stderr}`)
  return results
    .filter((line) => !line.includes('(cached)'))
    .map((line) => path.posix.basename(line.split('\t')[1] ?? ''))
    .sort()
}

/**
 * Texts of the test logs written since the start of the tests. A new action may name older data, with the time of that
 * data: so this reads the times of actions.
 */
export function testLogsOf({ go, began }: Tester): readonly string[] {
  const cache = path.join(kept, go.version)
  return readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('-a') && statSync(path.join(cache, name)).mtimeMs >= began)
    .map((name) => readFileSync(path.join(cache, name), 'latin1').split(' ')[2] ?? '')
    .map((output) => readFileSync(path.join(cache, output.slice(0, 2), `${output}-d`)))
    .filter(isTestLog)
    .map((bytes) => bytes.toString())
}
