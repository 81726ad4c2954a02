import * as path from 'node:path'
import { type Explanation, explainGo } from '../modules/go-messages/explain.ts'
import { firstLines } from '../modules/go-messages/first-lines.ts'
import { exclusionHint } from '../modules/left-out.ts'
import type { Root } from '../modules/roots.ts'
import { environment } from '../system/environment.ts'
import { readText } from '../system/files.ts'

/** How much of Go's words an error holds, in lines, where there is no explanation for them. */
const shownLines = 6

/** A go command that failed over a root's dependencies, with Go's own words and what they mean. */
export class GoFailed extends Error {
  /** What the go command printed. */
  readonly output: string
  /** What it means and what to do; undefined where nobody knows. */
  readonly explanation: Explanation | undefined
  /** The message without a hint at how to avoid the failure. */
  readonly reason: string

  /**
   * @param what what failed, as a clause
   * @param root where
   * @param output what the go command printed
   */
  constructor(what: string, root: Root, output: string) {
    const modules = root.modules.map(({ goModFile }) => ({
      file: path.posix.join(root.label, path.relative(root.directory, goModFile).replaceAll(path.sep, '/')),
      text: readText(goModFile) ?? '',
    }))
    const explanation = explainGo(output, { modules, goproxy: environment().GOPROXY ?? '' })
    const where = root.label === '.' ? '' : ` in ${root.label}`
    const reason =
      explanation === undefined ? firstLines(output, shownLines) : `${explanation.cause} ${explanation.mend}`
    const message = `${what}${where}: ${reason}`
    super(`${message}${exclusionHint(root)}`)
    this.reason = message
    this.name = 'GoFailed'
    this.output = output
    this.explanation = explanation
  }
}
