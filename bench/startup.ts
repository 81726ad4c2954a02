import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')

/** Seconds that starting takes, round by round. */
export interface StartupTimes {
  /** Node with nothing to do. */
  readonly node: readonly number[]
  /** Post without a state, which does little more than load. */
  readonly post: readonly number[]
  /** Main with everything off, on a module. */
  readonly off: readonly number[]
  /** Main without a module. */
  readonly nothing: readonly number[]
}

/**
 * Measures the cost of starting. Each start is a separate process, and the kinds take turns.
 *
 * @param action absolute path of the action
 * @param folder absolute path of an empty folder
 * @param rounds number of rounds
 */
export function measureStartup(action: string, folder: string, rounds: number): StartupTimes {
  const empty = path.join(folder, 'empty')
  const service = path.join(folder, 'service')
  mkdirSync(folder, { recursive: true })
  cpSync(path.join(root, 'examples', 'service'), service, { recursive: true })
  execFileSync('git', ['init', '-q', empty])
  const [main, post] = ['main', 'post'].map((name) => path.join(action, 'dist', `${name}.mjs`)) as [
    string,
    string,
  ]
  const off = { INPUT_CACHE: 'false', INPUT_DEPENDENCIES: 'none' }
  const times: Record<keyof StartupTimes, number[]> = { node: [], post: [], off: [], nothing: [] }
  for (let round = 0; round < rounds; round++) {
    times.node.push(seconds(['-e', '0'], folder, {}))
    times.post.push(seconds([post], empty, {}))
    times.off.push(seconds([main], service, { ...off, GITHUB_WORKSPACE: service }))
    times.nothing.push(seconds([main], empty, { GITHUB_WORKSPACE: empty }))
  }
  return times
}

function seconds(
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): number {
  const start = performance.now()
  const { PATH = '', HOME = '' } = process.env
  spawnSync(process.execPath, args, {
    cwd,
    env: { PATH, HOME, RUNNER_TEMP: tmpdir(), ...environment },
    stdio: 'ignore',
  })
  return (performance.now() - start) / 1000
}
