import * as path from 'node:path'
import { fileURLToPath } from 'node:url'
import { GoFailed } from '../go/failure.ts'
import { isPresent } from '../go/presence.ts'
import type { Problem } from '../inputs/problem.ts'
import { modulePlaces } from '../modules/go-messages/places.ts'
import { downloadPrefix } from '../modules/module-path.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import { neededTrees } from '../modules/needed.ts'
import {
  type FailedLoad,
  lackingOf,
  loadFields,
  parseFailedLoads,
  unmatchedPatterns,
} from '../modules/package-loads.ts'
import type { Root } from '../modules/roots.ts'
import { lackingProblems } from '../report/lacking.ts'
import { isFile, readText } from '../system/files.ts'
import { packagesOf } from './patterns.ts'
import { runSealed, type SealedGo } from './sealed-go.ts'

/** What a proof has to know of the job. */
export interface ProofPlace {
  /** Absolute path. */
  readonly gomodcache: string
  /** GOPROXY of the sealed job: `off`, or a file URL. */
  readonly source: string
  /** Whether this step was free to fetch what it lacked. */
  readonly canFetch: boolean
}

/** What a root's packages lack. */
export interface Proof {
  readonly problems: readonly Problem[]
  /** Patterns that match no package on this system and with these build tags: there is nothing to build. */
  readonly unmatched: readonly string[]
}

/**
 * Finds out what the packages of a root, their tests and its tools need and cannot have without a network: Go loads all
 * of them, and says of every module that it lacks. A later build would only find the first one.
 *
 * @param root a module or a workspace
 * @param patterns what of it; by default all packages of all its modules
 * @throws GoFailed when the go command cannot even begin
 */
export async function findLacking(
  root: Root,
  go: SealedGo,
  place: ProofPlace,
  patterns: readonly string[] = packagesOf(root),
): Promise<Proof> {
  const tools = [...new Set(root.modules.flatMap(({ goMod }) => goMod.tool))]
  const loaded = patterns.length === 0 ? nothingLoaded : await load(root, go, ['-test', ...patterns])
  // The tests of tools are nobody's here.
  const loadedTools = tools.length === 0 ? nothingLoaded : await load(root, go, tools)
  const failed = [...loaded.failed, ...loadedTools.failed]
  const isThere = (name: string) => isPresent(place.gomodcache, name) || isServed(place.source, name)
  const lacking = lackingOf(root, failed, isThere, root.vendored ? [] : neededTrees(root))
  const files = goModsOf(root)
  const [first = ''] = lacking.absent.keys()
  const [at] = modulePlaces(files, 'require', { path: first.split('@')[0] ?? '' }, '')
  const problems = lackingProblems(lacking, {
    label: root.label,
    goMod: at?.file ?? files[0]?.file ?? 'go.mod',
    line: at?.line,
    canFetch: place.canFetch,
  })
  return { problems, unmatched: loaded.unmatched }
}

interface Loaded {
  readonly failed: readonly FailedLoad[]
  readonly unmatched: readonly string[]
}

const nothingLoaded: Loaded = { failed: [], unmatched: [] }

async function load(root: Root, go: SealedGo, args: readonly string[]): Promise<Loaded> {
  const ran = await runSealed(go, ['list', '-e', '-deps', `-json=${loadFields}`, ...args], root.directory)
  if (ran.code !== 0) throw new GoFailed('The packages cannot be listed without a network', root, ran.stderr)
  return { failed: parseFailedLoads(ran.stdout), unmatched: unmatchedPatterns(ran.stderr) }
}

function isServed(source: string, name: string): boolean {
  if (!source.startsWith('file:')) return false
  const prefix = downloadPrefix(splitModuleVersion(name)).replace(/^cache\/download\//, '')
  try {
    return isFile(path.join(fileURLToPath(source), `${prefix}.zip`))
  } catch {
    // An address that means no path on this system serves nothing.
    return false
  }
}

function goModsOf(root: Root): readonly { readonly file: string; readonly text: string }[] {
  return root.modules.map(({ goModFile }) => ({
    file: path.posix.join(root.label, path.relative(root.directory, goModFile).replaceAll(path.sep, '/')),
    text: readText(goModFile) ?? '',
  }))
}
