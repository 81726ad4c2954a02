/** go.work files as data (golang.org/x/mod/modfile/work.go). */

import {
  GO_LINE,
  lastReplacements,
  type Replacement,
  replaceArguments,
  singleValue,
  stringArgument,
  TOOLCHAIN_LINE,
} from './directives.ts'
import { parseDirectives } from './syntax.ts'

/** The content of a go.work file, in the order of the file. */
export type GoWork = {
  /** The go line without prefix, such as `1.24.3`. */
  readonly go?: string
  /** The toolchain line, such as `go1.24.3` or `default`. */
  readonly toolchain?: string
  /** Directories as written: relative to the file or absolute, with the separators the author used. */
  readonly use: readonly string[]
  readonly replace: readonly Replacement[]
}

/**
 * Reads a go.work file. It skips `godebug` and directives of future Go versions.
 *
 * @param text the file's content; line ends may be LF or CRLF.
 * @param file the name to show in errors.
 * @throws GoFileError with the faulty line.
 */
export function parseGoWork(text: string, file: string): GoWork {
  let go: string | undefined
  let toolchain: string | undefined
  const use: string[] = []
  const replace: Replacement[] = []
  for (const directive of parseDirectives(text, file)) {
    switch (directive.verb) {
      case 'go':
        go = singleValue(directive, file, go, GO_LINE, '1.23.0')
        break
      case 'toolchain':
        toolchain = singleValue(directive, file, toolchain, TOOLCHAIN_LINE, 'go1.23.0 or default')
        break
      case 'use':
        use.push(stringArgument(directive, file))
        break
      case 'replace':
        replace.push(replaceArguments(directive, file))
    }
  }
  return {
    ...(go === undefined ? {} : { go }),
    ...(toolchain === undefined ? {} : { toolchain }),
    use,
    replace: lastReplacements(replace),
  }
}
