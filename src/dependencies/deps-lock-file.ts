/** The exact list of a checkout's modules as a text file, made only from the files of the checkout, and its differences from it. */

import { ActionError } from '../errors.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { isLocalReplacement, moduleVersionName, splitModuleVersion } from '../gofiles/module-path.ts'
import type { VendorModules } from '../gofiles/modules-txt.ts'
import { requiredPaths, resolvedRequirements } from '../gofiles/requirements.ts'
import { type Root, sumsOf } from '../gofiles/roots.ts'

/** A module in the list. */
export interface LockedModule {
  readonly path: string
  readonly version: string
  /** The hash of the fetched module, as in go.sum; `-` when there is none, as for a directory. */
  readonly h1: string
  readonly kind: 'direct' | 'indirect'
  /** Its replacement: `path version`, or a directory with `/`; empty when there is none. */
  readonly replacement: string
}

/** The modules of one directory in which the go command runs. */
export interface LockedRoot {
  /** Its path relative to the checkout, with `/`; `.` for the checkout itself. */
  readonly label: string
  readonly modules: readonly LockedModule[]
}

/** An error for a text that is not a list in this format. */
export class InvalidDepsLock extends ActionError {
  /** The line of the error, counted from 1. */
  readonly line: number

  constructor(message: string, line: number) {
    super('invalid-deps-lock', message)
    this.line = line
  }
}

/** A parsed list, and the line numbers of its parts, counted from 1. */
export interface ParsedLock {
  readonly roots: readonly LockedRoot[]
  /** By `lineKey` of a module, and by the label of a root. */
  readonly lines: ReadonlyMap<string, number>
}

const version = 1

const title = '# go-deps-action deps-lock'

const header = [`${title} v${version}`, '# module, version, hash, direct or indirect, and what replaces it']

/**
 * Lists the modules of a root. It reads go.mod when that names all of them, as it does since go 1.17. Otherwise, and in
 * a workspace, it reads vendor/modules.txt, which holds what was selected. Without that file it reads go.sum, which may
 * name more.
 *
 * @param root the root
 * @param vendor the content of its vendor/modules.txt; undefined when Go does not build from it
 */
export function lockRoot(root: Root, vendor: VendorModules | undefined): LockedRoot {
  const isComplete = root.goWork === undefined && requiredPaths(root) !== undefined
  const modules = vendor === undefined || isComplete ? fromGoMods(root) : fromVendor(root, vendor)
  const byKey = new Map<string, LockedModule>()
  for (const module of modules) {
    const key = moduleVersionName(module)
    // A workspace may require a module directly in one place and indirectly in another.
    if (module.kind === 'direct' || !byKey.has(key)) byKey.set(key, module)
  }
  return { label: root.label, modules: [...byKey.values()].sort(compareModules) }
}

/** Renders lists as text: the same on every system and with every Go. */
export function renderLock(roots: readonly LockedRoot[]): string {
  const sections = roots
    .toSorted((a, b) => compareText(a.label, b.label))
    .map(({ label, modules }) => [`\n[${label}]`, ...modules.map(lineOf)].join('\n'))
  return `${header.join('\n')}\n${sections.join('\n')}\n`
}

/**
 * Parses such a text; its line ends may be LF or CRLF.
 *
 * @throws InvalidDepsLock for everything else
 */
export function parseLock(text: string): ParsedLock {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const [, format] = /^# go-deps-action deps-lock v(\d+)$/.exec(lines[0] ?? '') ?? []
  if (format === undefined) throw new InvalidDepsLock(`its first line is not "${title} v${version}"`, 1)
  if (Number(format) !== version) {
    throw new InvalidDepsLock(
      `it has format v${format}, but this version of the action supports only v${version}`,
      1,
    )
  }
  const roots: { label: string; modules: LockedModule[] }[] = []
  const found = new Map<string, number>()
  for (const [index, line] of lines.entries()) {
    const number = index + 1
    if (/^(?:<<<<<<<|=======|>>>>>>>)/.test(line))
      throw new InvalidDepsLock('it contains a merge conflict', number)
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, label] = /^\[(.+)\]$/.exec(line) ?? []
    const [, ...fields] = /^(\S+) (\S+) (-|h1:\S+) (direct|indirect)(?: => (\S.*))?$/.exec(line) ?? []
    const root = roots.at(-1)
    if (label !== undefined) {
      roots.push({ label, modules: [] })
      found.set(label, number)
    } else if (fields.length > 0 && root !== undefined) {
      const [path = '', moduleVersion = '', h1 = '', kind, replacement = ''] = fields
      const module = { path, version: moduleVersion, h1, kind: kind as LockedModule['kind'], replacement }
      root.modules.push(module)
      found.set(lineKey(root.label, module), number)
    } else {
      throw new InvalidDepsLock(`"${line.slice(0, 80)}" is neither a module nor a directory`, number)
    }
  }
  return { roots, lines: found }
}

/** Returns the key of a module's line. */
function lineKey(label: string, module: Pick<LockedModule, 'path' | 'version'>): string {
  return `${label} ${moduleVersionName(module)}`
}

/** Renders a module as its line. */
function lineOf({ path, version: moduleVersion, h1, kind, replacement }: LockedModule): string {
  return `${path} ${moduleVersion} ${h1} ${kind}${replacement === '' ? '' : ` => ${replacement}`}`
}

function fromGoMods(root: Root): readonly LockedModule[] {
  const hashOf = hashes(root)
  const own = ownPaths(root)
  const required = resolvedRequirements(root)
    .filter(({ path }) => !own.has(path))
    .map(({ path, version: moduleVersion, indirect, replacement, fetched }) => ({
      path,
      version: moduleVersion,
      h1: fetched === undefined ? '-' : hashOf(fetched),
      kind: indirect ? ('indirect' as const) : ('direct' as const),
      replacement:
        replacement === undefined ? '' : replacementText(replacement.newPath, replacement.newVersion),
    }))
  if (root.modules.every(({ goMod }) => compareGoVersions(goMod.go ?? '1.16', '1.17') >= 0)) return required
  const listed = new Set([
    ...required.map(moduleVersionName),
    ...resolvedRequirements(root).flatMap(({ fetched }) => fetched ?? []),
  ])
  const more = sumsOf(root)
    .flatMap(({ trees }) => trees.map(moduleVersionName))
    .filter((name) => !listed.has(name))
    .map((name) => ({
      ...splitModuleVersion(name),
      h1: hashOf(name),
      kind: 'indirect' as const,
      replacement: '',
    }))
  return [...required, ...more]
}

function fromVendor(root: Root, vendor: VendorModules): readonly LockedModule[] {
  const hashOf = hashes(root)
  const own = ownPaths(root)
  const direct = new Set(
    root.modules.flatMap(({ goMod }) =>
      goMod.require.flatMap(({ path, indirect }) => (indirect ? [] : path)),
    ),
  )
  return vendor.modules.flatMap((module) => {
    const { path, version: moduleVersion, replacement } = module
    // An entry without a version repeats a replacement of all versions.
    if (moduleVersion === undefined || own.has(path)) return []
    const target = replacement ?? { path, version: moduleVersion }
    const isDirectory = target.version === undefined
    return [
      {
        path,
        version: moduleVersion,
        h1: isDirectory ? '-' : hashOf(`${target.path}@${target.version}`),
        kind: direct.has(path) ? ('direct' as const) : ('indirect' as const),
        replacement: replacement === undefined ? '' : replacementText(replacement.path, replacement.version),
      },
    ]
  })
}

/** Returns the modules of a workspace, which require each other and are in the checkout. */
function ownPaths({ goWork, modules }: Root): ReadonlySet<string> {
  return new Set(goWork === undefined ? [] : modules.map(({ goMod }) => goMod.module))
}

/** Returns a lookup of hashes by `path@version`; where the checksum files disagree, it returns all of them. */
function hashes(root: Root): (name: string) => string {
  const byName = new Map<string, Set<string>>()
  for (const sum of sumsOf(root).flatMap(({ trees }) => trees)) {
    const name = moduleVersionName(sum)
    byName.set(name, (byName.get(name) ?? new Set()).add(sum.h1))
  }
  return (name) => [...(byName.get(name) ?? ['-'])].sort().join(',')
}

function replacementText(newPath: string, newVersion: string | undefined): string {
  if (newVersion !== undefined) return `${newPath} ${newVersion}`
  return isLocalReplacement(newPath) ? newPath.replaceAll('\\', '/') : newPath
}

function compareModules(a: LockedModule, b: LockedModule): number {
  return compareText(a.path, b.path) || compareText(a.version, b.version)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** One difference between a list and the checkout. */
export interface LockChange {
  readonly kind: 'added' | 'removed' | 'changed'
  /** The difference as a sentence part. */
  readonly text: string
  /** Lines to show, with `+` or `-` in front. */
  readonly shown: readonly string[]
  /** Line in the list, counted from 1. */
  readonly line: number
}

/**
 * Compares a list with the checkout.
 *
 * @param list the parsed list
 * @param actual the current lists of the roots
 * @returns differences in the order of the labels and modules; empty when there are none
 */
export function lockChanges(list: ParsedLock, actual: readonly LockedRoot[]): readonly LockChange[] {
  const byLabel = (roots: readonly LockedRoot[]) => new Map(roots.map((root) => [root.label, root.modules]))
  const [before, after] = [byLabel(list.roots), byLabel(actual)]
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((label) => {
    const lineAt = (module?: LockedModule) =>
      (module && list.lines.get(lineKey(label, module))) ?? list.lines.get(label) ?? 1
    const where = label === '.' ? '' : ` in ${label}`
    const changes = compare(before.get(label) ?? [], after.get(label) ?? [], where, lineAt)
    // A root without modules still has its own line.
    if (changes.length > 0 || before.has(label) === after.has(label)) return changes
    const kind = after.has(label) ? 'added' : 'removed'
    const shown = [`${kind === 'added' ? '+' : '-'} [${label}]`]
    return [{ kind, text: `the directory ${label}`, shown, line: lineAt() } as const]
  })
}

function compare(
  before: readonly LockedModule[],
  after: readonly LockedModule[],
  where: string,
  lineAt: (module?: LockedModule) => number,
): readonly LockChange[] {
  const same = new Set(after.map(lineOf).filter((line) => before.some((module) => lineOf(module) === line)))
  const [removed, added] = [before, after].map((all) => byPath(all.filter((one) => !same.has(lineOf(one)))))
  const paths = [...new Set([...(removed?.keys() ?? []), ...(added?.keys() ?? [])])].sort()
  return paths.flatMap((path): readonly LockChange[] => {
    const [from = [], to = []] = [removed?.get(path), added?.get(path)]
    const [old, now] = [from[0], to[0]]
    if (from.length === 1 && to.length === 1 && old !== undefined && now !== undefined) {
      const shown = [`- ${lineOf(old)}`, `+ ${lineOf(now)}`]
      return [{ kind: 'changed', text: `${path}${where}: ${difference(old, now)}`, shown, line: lineAt(old) }]
    }
    return [
      ...from.map((module) => ({
        kind: 'removed' as const,
        text: `${module.path} ${module.version}${where}`,
        shown: [`- ${lineOf(module)}`],
        line: lineAt(module),
      })),
      ...to.map((module) => ({
        kind: 'added' as const,
        text: `${module.path} ${module.version}${where}`,
        shown: [`+ ${lineOf(module)}`],
        line: lineAt(),
      })),
    ]
  })
}

function difference(old: LockedModule, now: LockedModule): string {
  if (old.version !== now.version) return `${old.version} in the list, ${now.version} now`
  if (old.replacement !== now.replacement) {
    const text = ({ replacement }: LockedModule) =>
      replacement === '' ? 'not replaced' : `replaced by ${replacement}`
    return `${old.version} is ${text(old)} in the list, and ${text(now)} now`
  }
  if (old.h1 !== now.h1) return `${old.version} has the hash ${old.h1} in the list, and ${now.h1} now`
  return `${old.version} is ${old.kind} in the list, and ${now.kind} now`
}

function byPath(modules: readonly LockedModule[]): ReadonlyMap<string, readonly LockedModule[]> {
  const found = new Map<string, LockedModule[]>()
  for (const module of modules) found.set(module.path, [...(found.get(module.path) ?? []), module])
  return found
}
