/** go.mod files as data (golang.org/x/mod/modfile/rule.go, read as the main module's file). */

import {
  GO_LINE,
  lastReplacements,
  moduleVersionArguments,
  type Replacement,
  refuseRepeated,
  replaceArguments,
  singleValue,
  stringArgument,
  TOOLCHAIN_LINE,
} from './directives.ts'
import type { ModuleVersion } from './module-path.ts'
import { GoFileError, parseDirectives, splitFields } from './syntax.ts'

/** A `require` line; `indirect`: whether it has an `// indirect` comment. */
export type Requirement = ModuleVersion & { readonly indirect: boolean }

/** The content of a go.mod file, in the order of the file. */
export type GoMod = {
  readonly module: string
  /** The go line without prefix, such as `1.24.3`. */
  readonly go?: string
  /** The toolchain line, such as `go1.24.3` or `default`. */
  readonly toolchain?: string
  readonly require: readonly Requirement[]
  readonly replace: readonly Replacement[]
  readonly exclude: readonly ModuleVersion[]
  /** Package paths. */
  readonly tool: readonly string[]
}

/**
 * Reads a go.mod file.
 *
 * `retract`, `ignore`, `godebug` and directives of future Go versions do not affect downloads, so the parser skips
 * them. The installed Go itself reports directives that it does not know.
 *
 * @param text the file's content; line ends may be LF or CRLF.
 * @param file the name to show in errors.
 * @throws GoFileError with the faulty line; line 1 when the module line is missing.
 */
export function parseGoMod(text: string, file: string): GoMod {
  let module: string | undefined
  let go: string | undefined
  let toolchain: string | undefined
  const require: Requirement[] = []
  const replace: Replacement[] = []
  const exclude: ModuleVersion[] = []
  const tool: string[] = []
  for (const directive of parseDirectives(text, file)) {
    switch (directive.verb) {
      case 'module':
        refuseRepeated(directive, file, module)
        module = stringArgument(directive, file)
        break
      case 'go':
        go = singleValue(directive, file, go, GO_LINE, '1.23.0')
        break
      case 'toolchain':
        toolchain = singleValue(directive, file, toolchain, TOOLCHAIN_LINE, 'go1.23.0 or default')
        break
      case 'require':
        require.push({
          ...moduleVersionArguments(directive, file),
          indirect: isIndirect(directive.comment),
        })
        break
      case 'exclude':
        exclude.push(moduleVersionArguments(directive, file))
        break
      case 'replace':
        replace.push(replaceArguments(directive, file))
        break
      case 'tool':
        tool.push(stringArgument(directive, file))
    }
  }
  if (module === undefined) throw new GoFileError(file, 1, 'no module line: run go mod edit -module=path')
  return {
    module,
    ...(go === undefined ? {} : { go }),
    ...(toolchain === undefined ? {} : { toolchain }),
    require,
    replace: lastReplacements(replace),
    exclude,
    tool,
  }
}

/** Whether a comment is `indirect` alone or `indirect; more text` (isIndirect in rule.go). */
function isIndirect(comment: string): boolean {
  const [first, ...more] = splitFields(comment)
  return more.length === 0 ? first === 'indirect' : first === 'indirect;'
}
