import { run } from '../system/run.ts'

/**
 * GOPROXY as the go command has it, with the default of the one that is installed.
 *
 * @param directory absolute path of where it runs
 * @returns empty where no go command says it
 */
export async function lookAtGoproxy(directory: string): Promise<string> {
  const ran = await run('go', ['env', 'GOPROXY'], { cwd: directory, environment: { GOTOOLCHAIN: 'local' } })
  return ran?.code === 0 ? ran.stdout.trim() : ''
}
