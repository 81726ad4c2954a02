/** Directives that go.mod and go.work share (golang.org/x/mod/modfile/rule.go). */

import { canonicalVersion, isLocalReplacement, type ModuleVersion } from './module-path.ts'
import { type Directive, GoFileError, unquote } from './syntax.ts'

/** `replace path [version] => newPath [newVersion]`; without newVersion, newPath is a directory as written. */
export type Replacement = {
  readonly path: string
  readonly version?: string
  readonly newPath: string
  readonly newVersion?: string
}

/**
 * Returns the value of a directive that may occur once per file and not in a block, such as `go` and `toolchain`.
 *
 * @param previous the value of an earlier directive of this verb, if any.
 * @param form the form that the argument must have; @param example shows it to the user.
 * @throws GoFileError when it is repeated or in a block, or does not have exactly one argument of this form.
 */
export function singleValue(
  directive: Directive,
  file: string,
  previous: string | undefined,
  form: RegExp,
  example: string,
): string {
  const { verb, args, line, inBlock } = directive
  refuseRepeated(directive, file, previous)
  if (inBlock) throw new GoFileError(file, line, `unknown block type: ${verb}`)
  const [value] = args
  if (args.length !== 1 || value === undefined) {
    throw new GoFileError(file, line, `${verb} expects exactly one argument, such as ${example}`)
  }
  if (!form.test(value))
    throw new GoFileError(file, line, `invalid ${verb} version ${value}: expected ${example}`)
  return value
}

/** The form of a version in a `go` line: GoVersionRE. */
export const GO_LINE = /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?$/

/** The form of a name in a `toolchain` line: ToolchainRE, loose so that future names pass. */
export const TOOLCHAIN_LINE = /^default$|^go1(?:$|\.)/

/** Refuses a repeated directive. @throws GoFileError when `previous` is defined. */
export function refuseRepeated(directive: Directive, file: string, previous: string | undefined): void {
  if (previous !== undefined)
    throw new GoFileError(file, directive.line, `repeated ${directive.verb} directive`)
}

/**
 * Returns the one string argument of `module`, `tool` and `use`.
 *
 * @throws GoFileError for another number of arguments or a malformed string.
 */
export function stringArgument(directive: Directive, file: string): string {
  const { verb, args, line } = directive
  const [token] = args
  if (args.length !== 1 || token === undefined) throw new GoFileError(file, line, `usage: ${verb} path`)
  return stringValue(token, directive, file)
}

/**
 * Returns the arguments of `require` and `exclude`. Semantic versions become canonical (`v1.2` becomes `v1.2.0`).
 * Others, such as a branch name, stay as written, because only Go can resolve them, with the network. Go also
 * checks whether version and path suffix agree.
 *
 * @throws GoFileError for another number of arguments, a malformed string or an empty version.
 */
export function moduleVersionArguments(directive: Directive, file: string): ModuleVersion {
  const { verb, args, line } = directive
  const [path, version] = args
  if (args.length !== 2 || path === undefined || version === undefined) {
    throw new GoFileError(file, line, `usage: ${verb} module/path v1.2.3`)
  }
  return { path: stringValue(path, directive, file), version: versionValue(version, directive, file) }
}

/**
 * Reads a `replace` directive (parseReplace). Directories are not checked for existence.
 *
 * @throws GoFileError when the arrow or a part is missing, a directory has a version, or a replacement
 * without a version is not a directory.
 */
export function replaceArguments(directive: Directive, file: string): Replacement {
  const { args, line } = directive
  const arrow = args[1] === '=>' ? 1 : 2
  const [oldPath, oldVersion] = args.slice(0, arrow)
  const [newPath, newVersion, ...surplus] = args.slice(arrow + 1)
  if (oldPath === undefined || args[arrow] !== '=>' || newPath === undefined || surplus.length > 0) {
    throw new GoFileError(
      file,
      line,
      'usage: replace module/path [v1.2.3] => other/module v1.4.0 or ../directory',
    )
  }
  const replacement = {
    path: stringValue(oldPath, directive, file),
    ...(oldVersion === undefined ? {} : { version: versionValue(oldVersion, directive, file) }),
    newPath: stringValue(newPath, directive, file),
    ...(newVersion === undefined ? {} : { newVersion: versionValue(newVersion, directive, file) }),
  }
  const local = isLocalReplacement(replacement.newPath)
  if (local && newVersion !== undefined) {
    throw new GoFileError(file, line, `replacement directory ${replacement.newPath} cannot have a version`)
  }
  if (!local && newVersion === undefined) {
    if (newPath.includes(':')) {
      // In a URL without quotes, `//` starts a comment, so only the scheme remains.
      const address = `replacement ${newPath.replace(/^([a-z+]+:)$/i, '$1//…')} is an address: write a module path with a version, such as github.com/org/name v1.4.0`
      throw new GoFileError(file, line, address)
    }
    const problem = `replacement ${replacement.newPath} has no version: add one, or write a directory starting with ./ or ../`
    throw new GoFileError(file, line, problem)
  }
  return replacement
}

/** Returns the effective replacements: of several for one module and version, the last wins (removeDups). */
export function lastReplacements(replacements: readonly Replacement[]): Replacement[] {
  const effective = new Map<string, Replacement>()
  for (const replacement of replacements) {
    const key = JSON.stringify([replacement.path, replacement.version])
    effective.delete(key)
    effective.set(key, replacement)
  }
  return [...effective.values()]
}

function stringValue(token: string, directive: Directive, file: string): string {
  const value = unquote(token)
  if (value === undefined) throw new GoFileError(file, directive.line, `invalid quoted string: ${token}`)
  return value
}

function versionValue(token: string, directive: Directive, file: string): string {
  const version = stringValue(token, directive, file)
  if (version === '') throw new GoFileError(file, directive.line, 'the version is empty')
  return canonicalVersion(version) ?? version
}
