import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as path from 'node:path'

/** One entry as `actions/cache` handles it: saved under `key` unless an entry with exactly this key was restored. */
export interface UsualEntry {
  readonly key: string
  /** Prefixes to try when no entry has the key, best first. */
  readonly restoreKeys: readonly string[]
  /** Absolute paths, or patterns of them. */
  readonly paths: readonly string[]
}

/** Set-ups that users have, by name. */
export type Usual = 'today' | 'cache-go' | 'two-entries'

/** The set-up that a bundle of this action runs: bench/actions.ts inserts it here. */
declare const BENCH_USUAL: Usual

/** The entries of the set-up of this bundle, in restore order. */
export function usualEntries(): readonly UsualEntry[] {
  return strategies[BENCH_USUAL]()
}

const strategies: Readonly<Record<Usual, () => readonly UsualEntry[]>> = {
  /**
   * One exact key: no part of it depends on the source, and there is no fallback.
   * Source: actions/setup-go, src/cache-restore.ts and src/package-managers.ts; the file is go.mod since version 6.
   */
  today: () => {
    const { RUNNER_OS = '', ImageOS = '' } = process.env
    const image = RUNNER_OS === 'Linux' ? `${ImageOS}-` : ''
    const key = `setup-go-${RUNNER_OS}-${process.arch}-${image}go-${goVersion()}-${hashOf('go.mod')}`
    return [{ key, restoreKeys: [], paths: [goEnv('GOMODCACHE'), goEnv('GOCACHE')] }]
  },
  /**
   * Two entries with fallbacks, which every run saves under new keys.
   * Source: capnspacehook/cache-go, common/action.yml and restore/action.yml.
   */
  'cache-go': () => {
    const { GITHUB_JOB = '', RUNNER_OS = '', GITHUB_RUN_ID = '' } = process.env
    const modules = `${GITHUB_JOB}-mod-${RUNNER_OS}-`
    const build = `${GITHUB_JOB}-build-${RUNNER_OS}-${goVersion()}-`
    return [
      {
        key: `${modules}${hashOf('go.sum')}-${GITHUB_RUN_ID}-1`,
        restoreKeys: [modules],
        paths: [goEnv('GOMODCACHE')],
      },
      { key: `${build}${GITHUB_RUN_ID}-1`, restoreKeys: [build], paths: [path.join(goEnv('GOCACHE'), '??')] },
    ]
  },
  /** Two steps of actions/cache, as users write them by hand: modules by go.sum, builds by go.sum and commit. */
  'two-entries': () => {
    const { RUNNER_OS = '', GITHUB_SHA = '' } = process.env
    const sum = hashOf('go.sum')
    return [
      {
        key: `${RUNNER_OS}-go-mod-${sum}`,
        restoreKeys: [`${RUNNER_OS}-go-mod-`],
        paths: [goEnv('GOMODCACHE')],
      },
      {
        key: `${RUNNER_OS}-go-build-${sum}-${GITHUB_SHA}`,
        restoreKeys: [`${RUNNER_OS}-go-build-${sum}-`, `${RUNNER_OS}-go-build-`],
        paths: [goEnv('GOCACHE')],
      },
    ]
  },
}

function goVersion(): string {
  return goEnv('GOVERSION').replace(/^go/, '')
}

/** As @actions/glob's hashFiles computes it for one file: the hash of its hash. */
function hashOf(name: string): string {
  const file = readFileSync(path.join(process.env.GITHUB_WORKSPACE ?? '.', name))
  const inner = createHash('sha256').update(file).digest()
  return createHash('sha256').update(inner).digest('hex')
}

function goEnv(name: string): string {
  return execFileSync('go', ['env', name], { encoding: 'utf8' }).trim()
}
