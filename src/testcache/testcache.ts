import { type GoEnv, runGoIfFound } from '../gocmd/index.ts'
import type { Job } from '../job.ts'
import * as runner from '../platform/runner.ts'
import { setStableMtimes } from './stable-mtimes.ts'

/**
 * Prepares Go's restored test results as the input `test-cache` requests.
 *
 * @param testInputs the files and directories that cached tests accessed, relative to the checkout
 * @param folder absolute path of a folder without a go.mod above it that requires another Go version
 * @returns digest of the test inputs that got a stable mtime; empty when none did
 */
export async function prepareTestCache(
  { inputs, workspace, checkouts, env }: Pick<Job, 'inputs' | 'workspace' | 'checkouts' | 'env'>,
  testInputs: readonly string[],
  folder: string,
): Promise<string> {
  if (inputs['test-cache'] === 'expire') await expire(folder, env)
  if (inputs['test-cache'] !== 'stable') return ''
  try {
    return await makeMtimesStable(workspace, testInputs, checkouts, env)
  } catch (error) {
    runner.notice(
      `Cached test results are unchanged, because stable mtimes cannot be set: ${(error as Error).message}`,
    )
    return ''
  }
}

async function expire(folder: string, env: GoEnv): Promise<void> {
  const ran = await runGoIfFound(['clean', '-testcache'], {
    cwd: folder,
    env,
    set: { GOTOOLCHAIN: 'local' },
  })
  if (ran?.code === 0) runner.info('Test results: expired (input `test-cache`)')
  else
    runner.warning(`Cached test results could not be expired: ${ran?.stderr.trim() ?? '`go` was not found'}`)
}

/** Sets stable mtimes for the test inputs, and logs their number. */
async function makeMtimesStable(
  workspace: string,
  testInputs: readonly string[],
  checkouts: readonly string[],
  { variables }: GoEnv,
): Promise<string> {
  const stable = await setStableMtimes(workspace, testInputs, checkouts, variables)
  if (stable.kind === 'no-git') {
    runner.notice(
      `\`test-cache: stable\` needs a git checkout (${stable.why}), so \`test-cache: keep\` applies`,
    )
    return ''
  }
  if (testInputs.length > 0) {
    const { files, directories } = stable
    runner.info(
      `Test results: set stable mtimes for ${files} files and ${directories} directories that tests read`,
    )
  }
  return stable.digest
}
