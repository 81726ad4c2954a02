/** The types and helpers of all explanations: the output of Go, and the lines of the user's files that cause it. */

import type { ModuleVersion } from '../../gofiles/module-path.ts'
import { type Directive, parseDirectives, unquote } from '../../gofiles/syntax.ts'
import { listSome } from '../../text/lists.ts'

/** The explanation of a failed go command. No text holds user or password of a URL. */
export interface Explanation {
  /** A few words, such as `checksum mismatch`. */
  readonly title: string
  /** The cause, with modules and hosts if Go names them. */
  readonly cause: string
  /** The fix, with the exact command. */
  readonly fix: string
  /** Whether a download has unexpected content, so that a retry is not the fix. */
  readonly security?: true
  /** The faulty lines in the user's own files; empty if unknown. */
  readonly places: readonly SourceLocation[]
}

/** The output of the go command, and the known facts of the run. */
export interface Printed {
  /** The output with LF line ends, without progress lines, server responses, and user and password in URLs. */
  readonly text: string
  /** `path@version` of the modules that Go announced to download. */
  readonly announced: readonly string[]
  readonly files: readonly GoFile[]
  /** GOPROXY without user and password in URLs; undefined when it is not known. */
  readonly goproxy: string | undefined
}

/** Explains one class of messages; undefined for other messages. */
export type Explainer = (printed: Printed) => Explanation | undefined

const maxNames = 5

/**
 * Returns the first names of a list, and the number of the others.
 *
 * @param names in the order of Go's message; repeated ones count once
 */
export function listDistinct(names: readonly string[]): string {
  return listSome([...new Set(names)], maxNames)
}

/** A pattern for module paths: the first element has a dot (https://go.dev/ref/mod#go-mod-file-ident). */
const modulePath = String.raw`(?:[\w~-]+\.)+[\w~-]+(?:\/[\w.~!+-]+)*`

const moduleVersion = new RegExp(String.raw`(?<![\w./@-])(${modulePath}@[\w.+-]+)(?=[:\s/)]|$)`)

/** A pattern for each `path@version` of a sentence. */
export const moduleVersions = new RegExp(String.raw`(?<![\w./@-])${modulePath}@v\d[\w.+-]*[\w]`, 'g')

const moduleAlone = new RegExp(String.raw`\bmodule (${modulePath}):`)

const replaced = new RegExp(String.raw`\(replaced by (${modulePath}@[\w.+-]+)\)`)

/**
 * Returns the module of a line, as `path@version` or as the path alone. For a replaced module it is the replacement,
 * which Go fetches. Undefined when the line names none.
 */
export function moduleOf(line: string): string | undefined {
  return replaced.exec(line)?.[1] ?? moduleVersion.exec(line)?.[1] ?? moduleAlone.exec(line)?.[1]
}

/** Splits `path@version`, or a path alone. */
export function moduleNamed(name: string): { readonly path: string; readonly version?: string } {
  const [path = '', version] = name.split('@')
  return { path, ...(version && { version }) }
}

/** Returns the line of a text that contains an index. */
export function lineAt(text: string, index: number): string {
  const start = text.lastIndexOf('\n', index - 1) + 1
  const end = text.indexOf('\n', index)
  return text.slice(start, end === -1 ? undefined : end)
}

/** A go.mod or go.work file. */
export interface GoFile {
  /** Its path as the user knows it, with `/`, such as `services/api/go.mod`. */
  readonly file: string
  readonly text: string
}

/** A text for an annotation at a line of a file; without a line, for the whole file. */
export interface SourceLocation {
  readonly file: string
  /** Counted from 1. */
  readonly line?: number
  readonly text: string
}

/**
 * Returns the file that Go names: it prints absolute paths, or paths relative to its working directory
 * (cmd/go/internal/base/path.go, ShortPath).
 *
 * @returns undefined when several files match equally well, or none
 */
export function matchGoFile(files: readonly GoFile[], printed: string): GoFile | undefined {
  const name = `/${printed.replaceAll('\\', '/').replace(/^(?:\.{1,2}\/)+/, '')}`
  const candidates = files.filter(({ file }) => name.endsWith(`/${file}`) || `/${file}`.endsWith(name))
  const longest = Math.max(...candidates.map(({ file }) => file.length))
  const best =
    name.split('/').length > 2 ? candidates.filter(({ file }) => file.length === longest) : candidates
  return best.length === 1 ? best[0] : undefined
}

/** Returns the folder of a file as part of a sentence: ` in services/api`, or nothing for the top folder. */
export function inFolder(file: GoFile | undefined): string {
  const end = file?.file.lastIndexOf('/') ?? -1
  return end === -1 ? '' : ` in ${file?.file.slice(0, end)}`
}

/** Returns the only go.mod of a run; undefined when there are several. */
export function onlyGoMod(files: readonly GoFile[]): GoFile | undefined {
  const goMods = files.filter(({ file }) => /(?:^|\/)go\.mod$/.test(file))
  return goMods.length === 1 ? goMods[0] : undefined
}

/**
 * Returns the line that requires or replaces a module; the whole go.mod if only one exists and has no such line.
 *
 * @param module `version`: preferred if several lines name the module
 * @param text the text of the annotation
 */
export function moduleLocations(
  files: readonly GoFile[],
  verb: 'require' | 'replace',
  module: Partial<ModuleVersion> & Pick<ModuleVersion, 'path'>,
  text: string,
): readonly SourceLocation[] {
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

/** A `replace` line with a module on its right side. */
interface ReplaceLine {
  readonly file: string
  readonly line: number
  readonly path: string
  /** Empty if the line applies to all versions. */
  readonly version: string
  readonly newPath: string
  readonly newVersion: string
}

/** Returns the `replace` lines of files that replace one module by another. */
export function replaceLines(files: readonly GoFile[]): readonly ReplaceLine[] {
  return files.flatMap(({ file, text }) =>
    parseOrEmpty(text, file).flatMap(({ verb, line, args }) => {
      const words = args.map((one) => unquote(one) ?? '')
      const arrow = words.indexOf('=>')
      const [path = '', version = ''] = words.slice(0, arrow)
      const [newPath = '', newVersion = ''] = words.slice(arrow + 1)
      const isModule = verb === 'replace' && arrow > 0 && newVersion !== ''
      return isModule ? [{ file, line, path, version, newPath, newVersion }] : []
    }),
  )
}

/** Returns the first `go` or `toolchain` line of each file with a version such as `1.24.3`. */
export function goLineLocations(
  files: readonly GoFile[],
  version: string,
  text: string,
): readonly SourceLocation[] {
  return files.flatMap(({ file, text: content }) =>
    directives(content, file, ['go', 'toolchain'])
      .filter(([, argument]) => argument?.replace(/^go/, '') === version)
      .slice(0, 1)
      .map(([line]) => ({ file, line, text })),
  )
}

/** Returns an annotation for a whole file; none when the file is unknown. */
export function wholeFile(file: GoFile | undefined, text: string): readonly SourceLocation[] {
  return file === undefined ? [] : [{ file: file.file, text }]
}

/** Returns the longest required module path that is a prefix of a package's path. */
export function moduleOfPackage(files: readonly GoFile[], name: string): string | undefined {
  return files
    .flatMap(({ file, text }) => directives(text, file, ['require']).map(([, module]) => module ?? ''))
    .filter((module) => name === module || name.startsWith(`${module}/`))
    .sort((one, other) => other.length - one.length)[0]
}

type Line = readonly [line: number, first: string | undefined, second: string | undefined]

/** Returns the lines of some verbs with their first arguments. */
function directives(text: string, file: string, verbs: readonly string[]): readonly Line[] {
  return parseOrEmpty(text, file)
    .filter(({ verb }) => verbs.includes(verb))
    .map(({ line, args: [first, second] }) => [line, first && unquote(first), second && unquote(second)])
}

/** Parses a file; empty when it does not parse, because Go reports that itself. */
function parseOrEmpty(text: string, file: string): readonly Directive[] {
  try {
    return parseDirectives(text, file)
  } catch {
    return []
  }
}

// In `user:pass/word@` the slash belongs to the password, in `host:8080/path@v` it does not.
const userinfo = /(\w:\/\/)(?:[^\s/'"]*@|[^\s/:@'"[]+:(?!\d*\/)[^\s@'"]*@)/g

/** Removes user and password from the URLs of a text: both may be secrets, and Go hides only the password. */
export function withoutUserinfo(text: string): string {
  return text.replaceAll(userinfo, '$1')
}

/** Progress lines of cmd/go, which report no error (modfetch/fetch.go, modload/import.go, modload/load.go). */
const progress = /^go: (?:downloading \S+ \S+|finding module for package \S+|found \S+ in \S+ \S+)$/

/** Maximum length of a line in UTF-16 units. Longer lines are unreadable and would slow the search down. */
const maxLineLength = 4_000

/** Converts output to LF line ends, and removes Go's progress lines and user and password in URLs. */
export function withoutProgress(output: string): string {
  return withoutUserinfo(output.replaceAll('\r\n', '\n'))
    .split('\n')
    .filter((line) => !progress.test(line))
    .map((line) => line.slice(0, maxLineLength))
    .join('\n')
}

/**
 * Removes the server responses that Go shows indented (cmd/go/internal/web/api.go, HTTPError). They may hold errors of
 * the server's own git and disk.
 */
export function withoutAnswers(text: string): string {
  return text.replaceAll(/\n\tserver response:.*(?:\n\t.*)*/g, '')
}

/** Returns the modules, as `path@version`, that Go announced to download. */
export function announcedModules(output: string): readonly string[] {
  return [...output.matchAll(/^go: downloading (\S+) (v\S+)\r?$/gm)].map(
    ([, path, version]) => `${path}@${version}`,
  )
}

/**
 * Returns the first lines of the go command's output, without progress lines and blank lines.
 *
 * @param output standard error of the go command
 * @param count maximum number of lines
 */
export function firstLines(output: string, count: number): string {
  return withoutProgress(output)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, count)
    .join('\n')
}
