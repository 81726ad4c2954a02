import * as path from 'node:path'
import { getExecOutput } from '@actions/exec'
import { childEnvironment } from './child-environment.ts'
import { findProgram } from './program.ts'

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
 * @param command the program: a bare name is looked up in the absolute folders of PATH, a path starts from `cwd`
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
  const variables = { ...process.env, ...options.environment }
  const isBare = path.basename(command) === command
  const program = findProgram(isBare ? command : path.resolve(options.cwd, command), variables)
  if (program === undefined) return undefined
  try {
    const { exitCode, stdout, stderr } = await getExecOutput(commandLine(program), [...args], {
      cwd: options.cwd,
      env: childEnvironment(variables),
      silent: true,
      ignoreReturnCode: true,
    })
    return { code: exitCode, stdout, stderr, seconds: (performance.now() - start) / 1000 }
  } catch (error) {
    if (/Unable to locate executable file/.test((error as Error).message)) return undefined
    throw error
  }
}

/** A path that @actions/exec does not take apart at blanks. */
function commandLine(program: string): string {
  return `"${program.replaceAll('"', '\\"')}"`
}
