import * as path from 'node:path'
import { testExpiry } from '../../modules/build-cache-paths.ts'
import type { PackRequest } from '../../pack/pack.ts'
import type { PackUnit } from '../../pack/units.ts'
import type { BuildState } from '../../plan/state.ts'
import { look } from '../../system/files.ts'
import { type BuildAbout, encodeAbout } from './about.ts'
import type { BuildChoice } from './choice.ts'
import { objectDirectory } from './listing.ts'

/** What is packed of a build cache. */
export function requestFor(
  { directory, modulePaths }: BuildState,
  choice: BuildChoice,
  about: BuildAbout,
): Omit<PackRequest, 'directory'> {
  const wanted = pathsOf(choice)
  return {
    kind: 'build',
    about: encodeAbout(about),
    base: directory,
    units: unitsIn(directory, modulePaths, choice),
    leaveOut: (file) => {
      const [directory = '', object = '', , deeper] = file.split('/')
      if (!/^[0-9a-f]{2}$/.test(directory) || object === '') return false
      return !wanted.has(`${directory}/${object}`) || deeper !== undefined
    },
    onFault: 'leave-out-file',
    verifyBuildObjects: true,
  }
}

/** Paths of the files of what is kept, relative to the build cache, with `/`. */
function pathsOf({ kept }: BuildChoice): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { id, output } of kept) {
    paths.add(`${objectDirectory(id)}/${id}-a`)
    paths.add(`${objectDirectory(output)}/${output}-d`)
  }
  return paths
}

/**
 * The directories of objects, the modules' fuzzing corpora, and when test results expired. `trim.txt` is none of
 * them: it says when this machine's cache was last trimmed.
 */
function unitsIn(
  gocache: string,
  modulePaths: readonly string[],
  { kept }: BuildChoice,
): readonly PackUnit[] {
  const directories = new Set(
    kept.flatMap(({ id, output }) => [objectDirectory(id), objectDirectory(output)]),
  )
  const extra = [...modulePaths.map((module) => `fuzz/${module}`), testExpiry].filter(
    (place) => look(path.join(gocache, place)) !== undefined,
  )
  return [...directories, ...extra].map((name) => ({ name, roots: [name] }))
}
