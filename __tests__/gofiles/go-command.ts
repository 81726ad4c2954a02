import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

/** Output of a go command; status 0 means success. */
export type GoResult = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

/**
 * Runs the go on PATH, or another one, as the reference. It has no user settings and no network, and does
 * not switch toolchains unless `env` sets that.
 */
export function runGo(
  args: readonly string[],
  options: {
    readonly cwd: string
    readonly env?: Record<string, string>
    readonly input?: string
    readonly command?: string
  },
): GoResult {
  const result = spawnSync(options.command ?? 'go', args, {
    cwd: options.cwd,
    input: options.input ?? '',
    encoding: 'utf8',
    env: {
      ...process.env,
      GOENV: 'off',
      GOFLAGS: '',
      GOWORK: '',
      GOPROXY: 'off',
      GONOPROXY: 'none',
      GONOSUMDB: '*',
      GOTOOLCHAIN: 'local',
      ...options.env,
    },
  })
  if (result.error !== undefined) throw result.error
  return { status: result.status, stdout: result.stdout, stderr: result.stderr }
}

/** A go command, by the name or path that starts it, and its version, such as `go1.26.0`. */
export function goCommand(command: string): { readonly command: string; readonly version: string } {
  const { stdout } = runGo(['env', 'GOVERSION'], { cwd: tmpdir(), command })
  return { command, version: stdout.trim() }
}

/** A directory that is removed when the scope that holds it with `using` ends. */
export function temporaryDirectory(): Disposable & { readonly directory: string } {
  const directory = mkdtempSync(path.join(tmpdir(), 'go-modules-'))
  return {
    directory,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, maxRetries: 5, force: true }),
  }
}
