import * as path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isModuleCached } from '../cache/index.ts'
import type { Problem } from '../errors.ts'
import {
  type FailedLoad,
  GoCommandError,
  type GoEnv,
  type GoRun,
  loadFields,
  moduleLocations,
  parseFailedLoads,
  runGo,
  unmatchedPatterns,
} from '../gocmd/index.ts'
import { downloadPrefix, splitModuleVersion } from '../gofiles/module-path.ts'
import { neededTrees } from '../gofiles/requirements.ts'
import type { Root } from '../gofiles/roots.ts'
import { patternDirectory } from '../inputs/index.ts'
import { isDirectory, isFile, readText } from '../platform/files.ts'
import { missingModuleProblems, missingModulesOf } from './missing-modules.ts'

/**
 * Returns the package patterns that apply to a root: those of directories that it has, and those of import paths.
 *
 * @param patterns as for `go build`
 */
export function patternsInRoot(
  root: Pick<Root, 'directory'>,
  patterns: readonly string[],
): readonly string[] {
  return patterns.filter((pattern) => {
    const directory = patternDirectory(pattern)
    return directory === undefined || isDirectory(path.join(root.directory, directory))
  })
}

/** Returns patterns of directories that cover every package of a root's modules, wherever a workspace has them. */
export function allPackagePatterns({
  directory,
  modules,
}: Pick<Root, 'directory' | 'modules'>): readonly string[] {
  return modules.map((module) => {
    const relative = path.relative(directory, module.directory).replaceAll(path.sep, '/')
    if (relative === '') return './...'
    return /^\.\.(?:\/|$)/.test(relative) || path.isAbsolute(relative)
      ? `${relative}/...`
      : `./${relative}/...`
  })
}

/** How to run go commands that cannot fetch modules. */
export interface OfflineGo {
  readonly env: GoEnv
  /** The command prefix that blocks the network; empty if only the variables do. */
  readonly prefix: readonly string[]
}

/** Runs a go command that fetches nothing. Without a fetch it never waits for a server, so it needs no watch. */
export function runOffline(go: OfflineGo, args: readonly string[], cwd: string): Promise<GoRun> {
  return runGo(args, { ...go, cwd, isWatched: false })
}

/** The facts about the job that a proof needs. */
export interface ProofContext {
  /** Absolute path. */
  readonly gomodcache: string
  /** GOPROXY of the offline job: `off`, or a file URL. */
  readonly source: string
  /** Whether this step could fetch missing modules. */
  readonly canFetch: boolean
}

/** The modules that the packages of a root are missing. */
export interface Proof {
  readonly problems: readonly Problem[]
  /** Patterns that match no package on this system and with these build tags: there is nothing to build. */
  readonly unmatched: readonly string[]
}

/**
 * Finds what the packages of a root, their tests and its tools need and cannot get without a network. Go loads all of
 * them, and reports every missing module. A build would only report the first one.
 *
 * @param root a module or a workspace
 * @param patterns patterns of its packages; by default all packages of all its modules
 * @throws GoCommandError when the go command fails to start
 */
export async function proveNothingMissing(
  root: Root,
  go: OfflineGo,
  place: ProofContext,
  patterns: readonly string[] = allPackagePatterns(root),
): Promise<Proof> {
  const tools = [...new Set(root.modules.flatMap(({ goMod }) => goMod.tool))]
  const loaded = patterns.length === 0 ? nothingLoaded : await load(root, go, ['-test', ...patterns])
  // No build here runs the tests of tools.
  const loadedTools = tools.length === 0 ? nothingLoaded : await load(root, go, tools)
  const failed = [...loaded.failed, ...loadedTools.failed]
  const isAvailable = (name: string) => isModuleCached(place.gomodcache, name) || isServed(place.source, name)
  const missing = missingModulesOf(root, failed, isAvailable, root.vendored ? [] : neededTrees(root))
  const files = goModsOf(root)
  const [first = ''] = missing.absent.keys()
  const [location] = moduleLocations(files, 'require', { path: first.split('@')[0] ?? '' }, '')
  const problems = missingModuleProblems(missing, {
    label: root.label,
    goMod: location?.file ?? files[0]?.file ?? 'go.mod',
    line: location?.line,
    canFetch: place.canFetch,
  })
  return { problems, unmatched: loaded.unmatched }
}

interface Loaded {
  readonly failed: readonly FailedLoad[]
  readonly unmatched: readonly string[]
}

const nothingLoaded: Loaded = { failed: [], unmatched: [] }

async function load(root: Root, go: OfflineGo, args: readonly string[]): Promise<Loaded> {
  const ran = await runOffline(go, ['list', '-e', '-deps', `-json=${loadFields}`, ...args], root.directory)
  if (ran.code !== 0) throw new GoCommandError('The packages cannot be listed without a network', root, ran)
  return { failed: parseFailedLoads(ran.stdout), unmatched: unmatchedPatterns(ran.stderr) }
}

function isServed(source: string, name: string): boolean {
  if (!source.startsWith('file:')) return false
  const prefix = downloadPrefix(splitModuleVersion(name)).replace(/^cache\/download\//, '')
  try {
    return isFile(path.join(fileURLToPath(source), `${prefix}.zip`))
  } catch {
    // An address that is not a path on this system serves nothing.
    return false
  }
}

function goModsOf(root: Root): readonly { readonly file: string; readonly text: string }[] {
  return root.modules.map(({ goModFile }) => ({
    file: path.posix.join(root.label, path.relative(root.directory, goModFile).replaceAll(path.sep, '/')),
    text: readText(goModFile) ?? '',
  }))
}
