/**
 * Module paths and versions, and their location in the module cache (golang.org/x/mod/module/module.go,
 * golang.org/x/mod/semver, cmd/go/internal/modfetch/cache.go). All paths are relative to GOMODCACHE with `/`.
 *
 * The checks protect the cache: paths come from go.sum and from restored entries. Only a checked path is certain to
 * stay inside the cache and to mean the same directory on every operating system.
 */

import { ActionError } from '../errors.ts'

/** A module at a version, both in their plain, unescaped form. */
export type ModuleVersion = { readonly path: string; readonly version: string }

/** A module path or version that Go does not accept in the module cache. */
export class ModulePathError extends ActionError {
  constructor(message: string) {
    super('module-path', message)
  }
}

const IDENTIFIER = '(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)'

const SEMVER = new RegExp(
  `^v(?:0|[1-9][0-9]*)(\\.(?:0|[1-9][0-9]*)(\\.(?:0|[1-9][0-9]*)(?:-${IDENTIFIER}(?:\\.${IDENTIFIER})*)?` +
    `(\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?)?)?$`,
)

/**
 * Returns the canonical form of a semantic version: three numbers, and no build suffix except `+incompatible`
 * (module.CanonicalVersion).
 *
 * @returns undefined when the text is not a semantic version in Go's sense (`v1` and `v1.2` are).
 */
export function canonicalVersion(version: string): string | undefined {
  const match = SEMVER.exec(version)
  if (match === null) return undefined
  const [, minor, patch, build] = match
  if (minor === undefined) return `${version}.0.0`
  if (patch === undefined) return `${version}.0`
  return build === undefined || build === '+incompatible' ? version : version.slice(0, -build.length)
}

/**
 * Escapes a module path for the file system: `A` becomes `!a` (module.EscapePath).
 *
 * @throws ModulePathError when the path is not a valid module path (module.CheckPath).
 */
export function escapePath(path: string): string {
  if (!isModulePath(path)) throw new ModulePathError(`malformed module path ${JSON.stringify(path)}`)
  return escapeUpperCase(path)
}

/**
 * Escapes a version for the file system (module.EscapeVersion). It need not be a semantic version.
 *
 * @throws ModulePathError when it is not a valid file name on every system.
 */
export function escapeVersion(version: string): string {
  if (!isFileName(version)) throw new ModulePathError(`malformed module version ${JSON.stringify(version)}`)
  return escapeUpperCase(version)
}

/** Unescapes a module path; the inverse of escapePath. @throws ModulePathError when no path escapes to the text. */
export function unescapePath(escaped: string): string {
  const path = unescapeUpperCase(escaped)
  if (path === undefined || !isModulePath(path)) {
    throw new ModulePathError(`malformed escaped module path ${JSON.stringify(escaped)}`)
  }
  return path
}

/** Unescapes a version; the inverse of escapeVersion. @throws ModulePathError when no version escapes to the text. */
export function unescapeVersion(escaped: string): string {
  const version = unescapeUpperCase(escaped)
  if (version === undefined || !isFileName(version)) {
    throw new ModulePathError(`malformed escaped module version ${JSON.stringify(escaped)}`)
  }
  return version
}

/** Returns the path of a module's extracted tree: `github.com/!burnt!sushi/toml@v1.2.3`. @throws ModulePathError */
export function treeDirectory({ path, version }: ModuleVersion): string {
  return `${escapePath(path)}@${escapeVersion(version)}`
}

/**
 * Returns the prefix of a module's downloaded files: `cache/download/<path>/@v/<version>`; add `.info`,
 * `.mod`, `.zip` or `.ziphash`. @throws ModulePathError
 */
export function downloadPrefix({ path, version }: ModuleVersion): string {
  return `cache/download/${escapePath(path)}/@v/${escapeVersion(version)}`
}

/**
 * Returns the module whose extracted tree a directory is; the inverse of treeDirectory.
 *
 * @param directory relative to GOMODCACHE, with `/` separators.
 * @returns undefined when it is not a tree, such as `cache/lock` or a directory inside a tree.
 */
export function splitTreeDirectory(directory: string): ModuleVersion | undefined {
  const at = directory.indexOf('@')
  if (at < 0) return undefined
  const path = unescapeUpperCase(directory.slice(0, at))
  const version = unescapeUpperCase(directory.slice(at + 1))
  if (path === undefined || version === undefined || !isModulePath(path) || !isFileName(version))
    return undefined
  return { path, version }
}

/**
 * Whether the right side of a `replace` is a directory rather than a module: modfile.IsDirectoryPath, which
 * accepts Unix and Windows paths on every system.
 */
export function isLocalReplacement(newPath: string): boolean {
  return /^(?:\.{1,2}(?:[/\\]|$)|[/\\]|[a-zA-Z]:)/.test(newPath)
}

/** Whether Go accepts the text as a package path (module.CheckImportPath). */
export function isImportPath(path: string): boolean {
  return !path.startsWith('-') && path.split('/').every((element) => isPathElement(element, /^[\w.~+-]+$/))
}

/** Whether a path is a module path (module.CheckPath): without `+`, starting with a lower-case domain name. */
function isModulePath(path: string): boolean {
  const elements = path.split('/')
  return (
    /^[a-z0-9][a-z0-9-]*\.[a-z0-9.-]+$/.test(elements[0] ?? '') &&
    elements.every((element) => !element.startsWith('.') && isPathElement(element, /^[\w.~-]+$/)) &&
    hasMajorVersionSuffix(path)
  )
}

/** Whether module.SplitPathVersion accepts the suffix: `/vN` with N ≥ 2 or none; for gopkg.in `.vN`, with N ≥ 0. */
function hasMajorVersionSuffix(path: string): boolean {
  if (path.startsWith('gopkg.in/')) return /\.v(?:0|[1-9][0-9]*(?:-unstable)?)$/.test(path)
  const suffix = /\/v([0-9.]+)$/.exec(path)?.[1]
  return suffix === undefined || (/^[1-9][0-9]*$/.test(suffix) && suffix !== '1')
}

function isPathElement(element: string, allowed: RegExp): boolean {
  // Windows gives long names a short alias such as LONGNA~1.
  return allowed.test(element) && !/^[^.]*~[0-9]+(?:\.|$)/.test(element) && isPortableName(element)
}

/** Whether a version is a valid file name: checkElem for files, limited to ASCII without `!` because of escaping. */
function isFileName(name: string): boolean {
  return /^[a-zA-Z0-9#$%&()+,\-.=@[\]^_{}~ ]+$/.test(name) && isPortableName(name)
}

/** Whether Windows accepts a name: it reserves some and drops a final dot. `.` and `..` have one, too. */
function isPortableName(name: string): boolean {
  return !name.endsWith('.') && !/^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)/i.test(name)
}

function escapeUpperCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)
}

function unescapeUpperCase(escaped: string): string | undefined {
  if (/[A-Z]|!(?![a-z])/.test(escaped)) return undefined
  return escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Formats a module version as the go command does: `path@version`. */
export function moduleVersionName({ path, version }: ModuleVersion): string {
  return `${path}@${version}`
}

/**
 * Splits `path@version`. A module path holds no `@` (golang.org/x/mod/module, CheckPath).
 *
 * @throws RangeError when there is no `@` in the name
 */
export function splitModuleVersion(name: string): ModuleVersion {
  const at = name.lastIndexOf('@')
  if (at === -1) throw new RangeError(`"${name}" is not path@version`)
  return { path: name.slice(0, at), version: name.slice(at + 1) }
}
