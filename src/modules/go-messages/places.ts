/** Where in the user's own files a message of the go command has its cause. */
import type { ModuleVersion } from '../module-path.ts'
import { unquote } from '../quoted-string.ts'
import { type Directive, parseDirectives } from '../syntax.ts'

/** A go.mod or go.work file. */
export interface GoFile {
  /** Its path as the user knows it, with `/`, such as `services/api/go.mod`. */
  readonly file: string
  readonly text: string
}

/** What to say at a line of a file; without a line, about the whole file. */
export interface Place {
  readonly file: string
  /** Counted from 1. */
  readonly line?: number
  readonly text: string
}

/**
 * The file that Go means: it prints paths absolute, or relative to where it runs
 * (cmd/go/internal/base/path.go, ShortPath).
 *
 * @returns undefined when several fit equally well, or none
 */
export function fileMeant(files: readonly GoFile[], printed: string): GoFile | undefined {
  const name = `/${printed.replaceAll('\\', '/').replace(/^(?:\.{1,2}\/)+/, '')}`
  const fitting = files.filter(({ file }) => name.endsWith(`/${file}`) || `/${file}`.endsWith(name))
  const longest = Math.max(...fitting.map(({ file }) => file.length))
  const best = name.split('/').length > 2 ? fitting.filter(({ file }) => file.length === longest) : fitting
  return best.length === 1 ? best[0] : undefined
}

/** The folder of a file as part of a sentence: ` in services/api`, or nothing for the folder at the top. */
export function inFolderOf(file: GoFile | undefined): string {
  const end = file?.file.lastIndexOf('/') ?? -1
  return end === -1 ? '' : ` in ${file?.file.slice(0, end)}`
}

/** The only go.mod of a run; undefined when there are several. */
export function onlyGoMod(files: readonly GoFile[]): GoFile | undefined {
  const goMods = files.filter(({ file }) => /(?:^|\/)go\.mod$/.test(file))
  return goMods.length === 1 ? goMods[0] : undefined
}

/**
 * The line that requires or replaces a module; the whole file where there is only one go.mod and no such line.
 *
 * @param module `version`: preferred where several lines name the module
 * @param text what to say there
 */
export function modulePlaces(
  files: readonly GoFile[],
  verb: 'require' | 'replace',
  module: Partial<ModuleVersion> & Pick<ModuleVersion, 'path'>,
  text: string,
): readonly Place[] {
  const found = files.flatMap(({ file, text: content }) =>
    directives(content, file, [verb])
      .filter(([, name]) => name === module.path)
      .map(([line, , version]) => ({ file, line, exact: version === module.version })),
  )
  const best = found.find(({ exact }) => exact) ?? found[0]
  if (best !== undefined) return [{ file: best.file, line: best.line, text }]
  const replaces = replaceLines(files).find(
    ({ newPath, newVersion }) => newPath === module.path && newVersion === (module.version ?? newVersion),
  )
  if (replaces !== undefined) return [{ file: replaces.file, line: replaces.line, text }]
  return wholeFile(onlyGoMod(files), text)
}

/** A `replace` line with a module on its right. */
export interface ReplaceLine {
  readonly file: string
  readonly line: number
  readonly path: string
  /** Empty where it is for all. */
  readonly version: string
  readonly newPath: string
  readonly newVersion: string
}

/** The `replace` lines of files that put one module in the place of another. */
export function replaceLines(files: readonly GoFile[]): readonly ReplaceLine[] {
  return files.flatMap(({ file, text }) =>
    read(text, file).flatMap(({ verb, line, args }) => {
      const words = args.map((one) => unquote(one) ?? '')
      const arrow = words.indexOf('=>')
      const [path = '', version = ''] = words.slice(0, arrow)
      const [newPath = '', newVersion = ''] = words.slice(arrow + 1)
      const isModule = verb === 'replace' && arrow > 0 && newVersion !== ''
      return isModule ? [{ file, line, path, version, newPath, newVersion }] : []
    }),
  )
}

/** The line of a file that says which Go, or which toolchain, is wanted. */
export function goLinePlaces(files: readonly GoFile[], wanted: string, text: string): readonly Place[] {
  return files.flatMap(({ file, text: content }) =>
    directives(content, file, ['go', 'toolchain'])
      .filter(([, version]) => version?.replace(/^go/, '') === wanted)
      .slice(0, 1)
      .map(([line]) => ({ file, line, text })),
  )
}

/** What to say about a file as a whole; nothing when the file is not known. */
export function wholeFile(file: GoFile | undefined, text: string): readonly Place[] {
  return file === undefined ? [] : [{ file: file.file, text }]
}

/** The longest required module path that a package's path begins with. */
export function moduleOfPackage(files: readonly GoFile[], name: string): string | undefined {
  return files
    .flatMap(({ file, text }) => directives(text, file, ['require']).map(([, module]) => module ?? ''))
    .filter((module) => name === module || name.startsWith(`${module}/`))
    .sort((one, other) => other.length - one.length)[0]
}

type Line = readonly [line: number, first: string | undefined, second: string | undefined]

/** The lines of some verbs with their first arguments. */
function directives(text: string, file: string, verbs: readonly string[]): readonly Line[] {
  return read(text, file)
    .filter(({ verb }) => verbs.includes(verb))
    .map(({ line, args: [first, second] }) => [line, first && unquote(first), second && unquote(second)])
}

/** None when the file cannot be read, as Go will tell. */
function read(text: string, file: string): readonly Directive[] {
  try {
    return parseDirectives(text, file)
  } catch {
    return []
  }
}
