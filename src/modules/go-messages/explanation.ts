/** What the explanations of Go's messages have in common. */
import type { GoFile, Place } from './places.ts'

/** What a failure of the go command means. No text holds user or password of a URL. */
export interface Explanation {
  /** A few words, such as `vendor does not agree with go.mod`. */
  readonly title: string
  /** What is wrong, with modules and hosts where Go names them. */
  readonly cause: string
  /** What to do, with the exact command. */
  readonly mend: string
  /** Whether what was downloaded is not what it should be: nobody should just try again. */
  readonly security?: true
  /** Where the user's own files say what fails; empty when that is nowhere, or not known. */
  readonly places: readonly Place[]
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
export function several(names: readonly string[]): string {
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
