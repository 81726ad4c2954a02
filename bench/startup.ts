import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
const rounds = 15

/**
 * Prints what starting costs: Node alone; post without a state, which is little more than loading it; main
 * without a module, and with everything off on a real one. Each is a process of its own, taken in turns.
 */
export function benchStartup(): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-startup-'))
  try {
    const empty = path.join(folder, 'empty')
    const service = path.join(folder, 'service')
    cpSync(path.join(root, 'examples', 'service'), service, { recursive: true })
    execFileSync('git', ['init', '-q', empty])
    const main = path.join(root, 'dist', 'main.mjs')
    const off = { INPUT_CACHE: 'false', INPUT_DEPENDENCIES: 'none' }
    const cases = {
      'node alone': () => milliseconds(['-e', '0'], folder, {}),
      'post, nothing to do': () => milliseconds([path.join(root, 'dist', 'post.mjs')], empty, {}),
      'main, everything off': () => milliseconds([main], service, { ...off, GITHUB_WORKSPACE: service }),
      'main, nothing found': () => milliseconds([main], empty, { GITHUB_WORKSPACE: empty }),
    }
    const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]))
    for (let round = 0; round < rounds; round++) {
      for (const [name, run] of Object.entries(cases)) times.get(name)?.push(run())
    }
    const alone = median(times.get('node alone') ?? [])
    console.log('\nstart-up, median of', rounds)
    for (const [name, all] of times) {
      const own = median(all) - alone
      console.log(
        `  ${name.padEnd(22)} ${own.toFixed(0).padStart(4)} ms of its own, ${(median(all) / alone).toFixed(1)} × node alone`,
      )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function milliseconds(
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
  return performance.now() - start
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
