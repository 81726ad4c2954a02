import * as path from 'node:path'
import type { Problem } from '../inputs/problem.ts'
import { compareGoVersions } from '../modules/go-version.ts'
import { hasDependencies, type Root } from '../modules/roots.ts'
import { goFlagValue } from '../modules/settings/goflags.ts'
import { isDirectory, look } from '../system/files.ts'

/**
 * Says where a directory that is called `vendor` stops every build, because Go takes it for its own and finds no list in it
 * (cmd/go/internal/modload/init.go, setDefaultBuildMod). Other tools have such directories, too.
 *
 * @param roots where the go command is to run
 * @param goflags GOFLAGS as it will be
 */
export function vendorProblems(roots: readonly Root[], goflags: string): readonly Problem[] {
  // An explicit flag decides otherwise, or `-mod=vendor` is refused by itself.
  if ((goFlagValue(goflags, 'mod') ?? '') !== '') return []
  return roots.flatMap((root) => {
    const vendor = path.join(root.directory, 'vendor')
    const [only] = root.modules
    // cmd/go takes a missing go line for one that is too old.
    const goLine = only?.goMod.go ?? '1.13'
    const isTaken = root.goWork === undefined && compareGoVersions(goLine, '1.14') >= 0
    if (!isTaken || !hasDependencies(root) || !isDirectory(vendor)) return []
    if (look(path.join(vendor, 'modules.txt')) !== undefined) return []
    const shown = path.posix.join(root.label, 'vendor')
    return [
      {
        what: `There is a directory ${shown} without modules.txt: Go takes it for its vendor directory, finds no dependency in it, and so every build there fails`,
        allowed: '',
        mend: 'Run `go mod vendor` and commit the directory, set `dependencies: vendor`, or set `goflags: -mod=readonly` if it belongs to another tool.',
      },
    ]
  })
}
