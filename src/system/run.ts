import { getExecOutput } from '@actions/exec'

/** What a command did. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/**
 * Runs a command without a shell and waits for its end.
 *
 * @param command the program, looked up on PATH
 * @param args its arguments, passed as they are
 * @param options `cwd`: where it runs; `environment`: variables that are added to this process's own
 * @returns undefined when there is no such program
 */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<Ran | undefined> {
  const start = performance.now()
  try {
    const { exitCode, stdout, stderr } = await getExecOutput(command, [...args], {
      cwd: options.cwd,
      env: { ...(process.env as Record<string, string>), ...options.environment },
      silent: true,
      ignoreReturnCode: true,
    })
    return { code: exitCode, stdout, stderr, seconds: (performance.now() - start) / 1000 }
  } catch (error) {
    if (/Unable to locate executable file/.test((error as Error).message)) return undefined
    throw error
  }
}
