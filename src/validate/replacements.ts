import * as path from 'node:path'
import { workspacePath } from '../checkout/index.ts'
import type { Problem } from '../errors.ts'
import { withoutUserinfo } from '../gocmd/index.ts'
import { type Replacement, replaceArguments } from '../gofiles/directives.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { isLocalReplacement } from '../gofiles/module-path.ts'
import type { Module, Root } from '../gofiles/roots.ts'
import { parseDirectives } from '../gofiles/syntax.ts'
import { entriesOf, isDirectory, isFile, isWithin, lstat, readText, realPath } from '../platform/files.ts'

/** Names of directories without packages of the module (`go help packages`). */
const skipped = /^(?:[._].*|vendor|testdata)$/

/** Names of files that only some systems build (go/build, goodOSArchFile; internal/syslist). */
const osSpecific =
  /_(?:aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|linux|nacl|netbsd|openbsd|plan9|solaris|wasip1|windows|zos|386|amd64\w*|arm\w*|loong64|mips\w*|ppc\w*|riscv\w*|s390x?|sparc\w*|wasm)(?:_test)?\.go$/

/** Lines that exclude a file from some builds: constraints, and cgo. */
const constraint = /^(?:\/\/go:build |\/\/ *\+build |import "C")/m

/**
 * Whether a module imports a package of another one in every build. Files that some builds exclude, such as tools
 * with a build tag, do not count.
 *
 * @param directory absolute path of the importing module
 * @param modulePath module path of the other one
 */
function importsInEveryBuild(directory: string, modulePath: string): boolean {
  const spec = new RegExp(
    String.raw`^(?:import\s+|\s+)(?:[\w.]+\s+)?"${modulePath.replaceAll(/[.+]/g, '\\$&')}(?:/[^"]*)?"`,
    'm',
  )
  return imports(directory, spec)
}

function imports(directory: string, spec: RegExp): boolean {
  return entriesOf(directory).some((entry) => {
    const at = path.join(directory, entry.name)
    if (entry.isDirectory()) {
      const isInModule = !skipped.test(entry.name) && !entriesOf(at).some(({ name }) => name === 'go.mod')
      return isInModule && imports(at, spec)
    }
    if (!/^[^._].*\.go$/.test(entry.name) || osSpecific.test(entry.name)) return false
    const text = readText(at) ?? ''
    return spec.test(text) && !constraint.test(text)
  })
}

/** The result of checking the `replace` lines of a root. */
interface ReplaceCheck {
  /** Lines with which a build fails. */
  readonly problems: readonly Problem[]
  /** Sentences about lines whose directory is outside of the checkout, one each. */
  readonly outside: readonly string[]
}

/** A `replace` line and its position. */
type Line = Replacement & {
  /** Absolute path of its file. */
  readonly file: string
  readonly line: number
  /** Absolute path of the folder that the line's directory is relative to. */
  readonly from: string
}

/**
 * Checks the targets of the `replace` lines of a root. Only lines for required modules count, because Go ignores the
 * others. Since Go 1.17 it uses a line only if a built package imports a package of the module
 * (https://go.dev/ref/mod#lazy-loading). If that is not certain, Go itself reports the error.
 *
 * @param root a root whose files parse
 * @param workspace absolute path of the checkout
 */
export function checkReplaceLines(root: Root, workspace: string): ReplaceCheck {
  const used = linesOf(root).filter((line) => requiredBy(root, line).length > 0)
  const checkout = realPath(workspace)
  return {
    problems: used.flatMap((line) => {
      const problem = faultOf(line, root.goWork !== undefined, workspace)
      return problem !== undefined && isUsedByBuild(root, line) ? [problem] : []
    }),
    outside: used
      .filter(({ newPath }) => isLocalReplacement(newPath))
      .map((line) => ({ ...line, directory: path.resolve(line.from, line.newPath) }))
      .filter(({ directory }) => isDirectory(directory) && !isWithin(checkout, realPath(directory)))
      .map(
        ({ path: module, newPath, file, line }) =>
          `${workspacePath(workspace, file)}:${line} takes ${module} from ${newPath}, outside of the checkout: changes there do not change a cache key.`,
      ),
  }
}

/**
 * Returns the effective lines. Of several for one module and version the last wins, and go.work's over all others
 * (https://go.dev/ref/mod#go-work-file-replace).
 */
function linesOf(root: Root): readonly Line[] {
  const ofModules = root.modules.flatMap(({ goModFile, directory }) => replaceLines(goModFile, directory))
  const [goWorkFile = ''] = root.files
  const ofWork = root.goWork === undefined ? [] : replaceLines(goWorkFile, path.dirname(goWorkFile))
  const others = ofModules.filter((line) => !ofWork.some((one) => one.path === line.path))
  return [...others, ...ofWork]
}

function replaceLines(file: string, from: string): readonly Line[] {
  const lines = new Map<string, Line>()
  for (const directive of parseDirectives(readText(file) ?? '', file)) {
    if (directive.verb !== 'replace') continue
    const replacement = replaceArguments(directive, file)
    const key = JSON.stringify([replacement.path, replacement.version])
    lines.set(key, { ...replacement, file, line: directive.line, from })
  }
  return [...lines.values()]
}

/**
 * Returns the modules whose requirement a line replaces. A line for a version wins over one for all versions
 * (https://go.dev/ref/mod#go-mod-file-replace).
 */
function requiredBy(root: Root, line: Line): readonly Module[] {
  if (root.modules.some(({ goMod }) => goMod.module === line.path)) return []
  return root.modules.filter(({ goMod }) =>
    goMod.require.some(
      ({ path: name, version }) =>
        name === line.path &&
        (line.version === version ||
          (line.version === undefined && !hasVersionedReplacement(root, name, version))),
    ),
  )
}

function isUsedByBuild(root: Root, line: Line): boolean {
  return requiredBy(root, line).some(
    (module) => !isLazy(module) || importsInEveryBuild(module.directory, line.path),
  )
}

function hasVersionedReplacement(root: Root, name: string, version: string): boolean {
  const all = [...root.modules.map(({ goMod }) => goMod), ...(root.goWork === undefined ? [] : [root.goWork])]
  return all.some(({ replace }) => replace.some((one) => one.path === name && one.version === version))
}

/** Whether Go loads the module graph lazily: since go 1.17 (https://go.dev/ref/mod#lazy-loading). */
function isLazy({ goMod }: Module): boolean {
  return goMod.go !== undefined && compareGoVersions(goMod.go, '1.17') >= 0
}

function faultOf(line: Line, isWorkspace: boolean, workspace: string): Problem | undefined {
  const { path: module, newPath, newVersion, file, from } = line
  const place = { file: workspacePath(workspace, file), line: line.line }
  const where = `${place.file}:${place.line} replaces ${module}`
  const edit = file.endsWith('.work') ? 'go work edit' : 'go mod edit'
  if (!isLocalReplacement(newPath)) {
    if (!newPath.includes(':')) return undefined
    return {
      what: `${where} by ${withoutUserinfo(newPath)}, which is an address, but Go expects a module path`,
      allowed: '',
      fix: `Write ${modulePathOf(newPath)} ${newVersion}, if that is the path in its go.mod; the input \`credentials\` gives access to it.`,
      ...place,
    }
  }
  const fault = directoryFault(path.resolve(from, newPath))
  if (fault === undefined) return undefined
  return {
    what: `${where} by the directory ${newPath}, which ${fault}`,
    allowed: '',
    fix: `Check it out before this step, or drop the line with \`${edit} -dropreplace=${module}\`${isWorkspace ? ', or set GOWORK=off' : ''}. With \`dependencies: none\`, only later steps need it.`,
    ...place,
  }
}

function directoryFault(directory: string): string | undefined {
  if (lstat(directory) === undefined) return 'does not exist'
  if (!isDirectory(directory)) return 'is not a directory'
  if (isFile(path.join(directory, 'go.mod'))) return undefined
  return 'has no go.mod (is it a submodule that is not checked out?)'
}

/** Returns the module path for an address such as `git@github.com:org/name.git` or `https://github.com/org/name`. */
function modulePathOf(address: string): string {
  return address
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/^[^/]*@/, '')
    .replace(/^([^/:]+):(?:\d+\/)?/, '$1/')
    .replace(/(?:\.git)?\/*$/, '')
}
