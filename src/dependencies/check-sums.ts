import { GoFailed } from '../go/failure.ts'
import { goWithRetries } from '../go/retry.ts'
import { unsummedModules } from '../modules/needed.ts'
import type { Root } from '../modules/roots.ts'

/** Where Go says that go.sum lacks a line (cmd/go/internal/modload/import.go and vendor.go). */
const lacking = /missing go\.sum entry/

/**
 * Fails where go.sum lacks what the packages here need to be built: Go may not add it by itself, and would say so in the middle of some
 * later step. Go is asked only where a required module has no line, because go.mod may require what nothing imports.
 *
 * @param root whose dependencies are in the module cache
 * @param retries how often a passing failure is tried again
 * @throws GoFailed with what is missing
 */
export async function checkSums(root: Root, retries: number): Promise<void> {
  if (unsummedModules(root).length === 0) return
  const ran = await goWithRetries(['list', '-mod=readonly', '-deps', './...'], {
    cwd: root.directory,
    retries,
  })
  // What else keeps packages from being listed is not ours to judge: a build may not need them.
  if (ran.code !== 0 && lacking.test(ran.stderr)) {
    throw new GoFailed('go.sum does not hold what a build needs', root, ran.stderr)
  }
}
