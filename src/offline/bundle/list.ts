import { GoFailed } from '../../go/failure.ts'
import { goWithRetries } from '../../go/retry.ts'
import { listTemplate, parseBuildList } from '../../modules/build-list.ts'
import { hasDependencies, type Root } from '../../modules/roots.ts'
import type { ListedRoot } from '../../plan/bundle.ts'

/** go.sum may be enough for builds and not for the list of all modules (see src/dependencies/download.ts). */
const incompleteSums = /missing go\.sum entry/

/**
 * Asks the go command for the build list of each root, from which it also fetches what describes each module.
 *
 * @param roots those without dependencies are left out
 * @throws GoFailed when a list cannot be had, for another reason than a go.sum that is not enough for it
 */
export async function listRoots(roots: readonly Root[], retries: number): Promise<readonly ListedRoot[]> {
  const all: ListedRoot[] = []
  for (const root of roots.filter(hasDependencies)) {
    const ran = await goWithRetries(['list', '-m', '-mod=readonly', '-f', listTemplate, 'all'], {
      cwd: root.directory,
      environment: { GOMAXPROCS: '16' },
      retries,
    })
    const isIncomplete = ran.code !== 0 && incompleteSums.test(ran.stderr)
    if (ran.code !== 0 && !isIncomplete)
      throw new GoFailed('The modules could not be listed for the bundle', root, ran.stderr)
    all.push({ root, listed: isIncomplete ? undefined : parseBuildList(ran.stdout) })
  }
  return all
}
