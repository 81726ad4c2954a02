/** What the explanations of Go's messages have in common. */

/** Where in the user's own files a message of the go command has its cause. */

import type { ModuleVersion } from '../../gofiles/module-path.ts'
import { type Directive, parseDirectives, unquote } from '../../gofiles/syntax.ts'

/** What a failure of the go command means. No text holds user or password of a URL. */
export interface Explanation {
  /** A few words, such as `vendor does not agree with go.mod`. */
  readonly title: string
  /** What is wrong, with modules and hosts where Go names them. */
  readonly cause: string
  /** What to do, with the exact command. */
  readonly fix: string
  /** Whether what was downloaded is not what it should be: nobody should just try again. */
  readonly security?: true
  /** Where the user's own files say what fails; empty when that is nowhere, or not known. */
  readonly places: readonly SourceLocation[]
}

/** What the go command printed, and what is known of the run. */
export interface Printed {
  /** LF line ends, without progress lines, answers of servers, and user and password in URLs. */
  readonly text: string
  /** `path@version` of the modules that Go said it would download. */
  readonly announced: readonly string[]
  readonly files: readonly GoFile[]
  /** GOPROXY without user and password in URLs; undefined when it is not known. */
  readonly goproxy: string | undefined
}

/** Explains one class of messages; undefined when there is none of that class. */
export type Explainer = (printed: Printed) => Explanation | undefined

const shown = 5

/**
 * The first names of a list, and how many there are besides.
 *
 * @param names in the order of Go's message; repeated ones count once
 */
export function listDistinct(names: readonly string[]): string {
  const different = [...new Set(names)]
  const more = different.length - shown
  const listed = different.slice(0, shown).join(', ')
  return more > 0 ? `${listed} and ${more} more` : listed
}

/** A module path: its first element has a dot (https://go.dev/ref/mod#go-mod-file-ident). */
const modulePath = String.raw`(?:[\w~-]+\.)+[\w~-]+(?:\/[\w.~!+-]+)*`

const moduleVersion = new RegExp(String.raw`(?<![\w./@-])(${modulePath}@[\w.+-]+)(?=[:\s/)]|$)`)

/** Every `path@version` of a sentence. */
export const moduleVersions = new RegExp(String.raw`(?<![\w./@-])${modulePath}@v\d[\w.+-]*[\w]`, 'g')

const moduleAlone = new RegExp(String.raw`\bmodule (${modulePath}):`)

const replaced = new RegExp(String.raw`\(replaced by (${modulePath}@[\w.+-]+)\)`)

/**
 * The module of a line, as `path@version` or as the path alone; of a replaced one that in its place, which is what is
 * fetched. Undefined when it names none.
 */
export function moduleOf(line: string): string | undefined {
  return replaced.exec(line)?.[1] ?? moduleVersion.exec(line)?.[1] ?? moduleAlone.exec(line)?.[1]
}

/** The parts of `path@version`, or of a path alone. */
export function moduleNamed(name: string): { readonly path: string; readonly version?: string } {
  const [path = '', version] = name.split('@')
  return { path, ...(version && { version }) }
}

/** The line of a text in which something begins. */
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

/** What to say at a line of a file; without a line, about the whole file. */
export interface SourceLocation {
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
export function matchGoFile(files: readonly GoFile[], printed: string): GoFile | undefined {
  const name = `/${printed.replaceAll('\\', '/').replace(/^(?:\.{1,2}\/)+/, '')}`
  const fitting = files.filter(({ file }) => name.endsWith(`/${file}`) || `/${file}`.endsWith(name))
  const longest = Math.max(...fitting.map(({ file }) => file.length))
  const best = name.split('/').length > 2 ? fitting.filter(({ file }) => file.length === longest) : fitting
  return best.length === 1 ? best[0] : undefined
}

/** The folder of a file as part of a sentence: ` in services/api`, or nothing for the folder at the top. */
export function inFolder(file: GoFile | undefined): string {
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

/** A `replace` line with a module on its right. */
interface ReplaceLine {
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
export function goLineLocations(
  files: readonly GoFile[],
  wanted: string,
  text: string,
): readonly SourceLocation[] {
  return files.flatMap(({ file, text: content }) =>
    directives(content, file, ['go', 'toolchain'])
      .filter(([, version]) => version?.replace(/^go/, '') === wanted)
      .slice(0, 1)
      .map(([line]) => ({ file, line, text })),
  )
}

/** What to say about a file as a whole; nothing when the file is not known. */
export function wholeFile(file: GoFile | undefined, text: string): readonly SourceLocation[] {
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

/** Go's own words, made fit to be shown. */

// In `user:pass/word@` the slash belongs to the password, in `host:8080/path@v` it does not.
const userinfo = /(\w:\/\/)(?:[^\s/'"]*@|[^\s/:@'"[]+:(?!\d*\/)[^\s@'"]*@)/g

/** A text without user and password in its URLs: both may be secrets, and Go hides only the password. */
export function withoutUserinfo(text: string): string {
  return text.replaceAll(userinfo, '$1')
}

/** What cmd/go prints before anything is wrong (modfetch/fetch.go, modload/import.go, modload/load.go). */
const progress = /^go: (?:downloading \S+ \S+|finding module for package \S+|found \S+ in \S+ \S+)$/

/** Longer lines are no words for people, and would make the search through them slow. */
const longest = 4_000

/** A text with LF line ends, without Go's progress lines and without user and password in its URLs. */
export function withoutProgress(output: string): string {
  return withoutUserinfo(output.replaceAll('\r\n', '\n'))
    .split('\n')
    .filter((line) => !progress.test(line))
    .map((line) => line.slice(0, longest))
    .join('\n')
}

/**
 * Go's words without those of servers, which it shows indented (cmd/go/internal/web/api.go, HTTPError): they may
 * tell of the server's own git and disk.
 */
export function withoutAnswers(text: string): string {
  return text.replaceAll(/\n\tserver response:.*(?:\n\t.*)*/g, '')
}

/** The modules, as `path@version`, that Go said it would download. */
export function announcedModules(output: string): readonly string[] {
  return [...output.matchAll(/^go: downloading (\S+) (v\S+)\r?$/gm)].map(
    ([, path, version]) => `${path}@${version}`,
  )
}

/**
 * The first lines of what the go command printed, without its progress lines and without blank ones.
 *
 * @param output standard error of the go command
 * @param count how many lines at most
 */
export function firstLines(output: string, count: number): string {
  return withoutProgress(output)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, count)
    .join('\n')
}
