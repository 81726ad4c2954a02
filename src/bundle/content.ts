/** The content of an air-gapped bundle, as data: a GOPROXY of files (go.dev/ref/mod, "GOPROXY protocol"). */

import { ActionError } from '../errors.ts'
import type { ModuleOrigin } from '../gofiles/module-info.ts'
import { downloadPrefix, type ModuleVersion, moduleVersionName } from '../gofiles/module-path.ts'

/** Schema version of a bundle's content; readers accept no other. */
export const bundleSchema = 1

const bundleScopes = ['build', 'all'] as const

export type BundleScope = (typeof bundleScopes)[number]

/** The kinds of files of a module version. */
export const bundleKinds = ['info', 'mod', 'zip'] as const

export type BundleKind = (typeof bundleKinds)[number]

/** The expected properties of a file. */
export interface FileDescription {
  /** Length in bytes. */
  readonly size: number
  /** SHA-256 in hexadecimal. */
  readonly sha256: string
}

/** A file that belongs to no module version; its path is relative to the bundle, with `/`. */
export interface OtherFile extends FileDescription {
  readonly path: string
}

/** A module version in a bundle, with its needed files. */
export interface BundledModule extends ModuleVersion {
  /** Hash of its files, as in go.sum; present with the zip. */
  readonly h1?: string
  /** Hash of its go.mod, as in go.sum; present with the `.mod`. */
  readonly goModH1?: string
  readonly info?: FileDescription
  readonly mod?: FileDescription
  readonly zip?: FileDescription
  readonly origin?: ModuleOrigin
}

/** The description of a bundle in its manifest. */
export interface BundleContent {
  readonly schema: typeof bundleSchema
  readonly scope: BundleScope
  /** Values of the `go` and `toolchain` lines for which it was made, such as `1.24` and `go1.26.0`. */
  readonly go: readonly string[]
  /** Digest of the checksum files for which it was made: `sumsDigest`. */
  readonly sums: string
  /** Sorted by path and version. */
  readonly modules: readonly BundledModule[]
  /** Unused lines of the checksum files: `path@version`, with `/go.mod` at the end for the hash of a go.mod. */
  readonly unused: readonly string[]
  readonly toolchains: readonly BundledModule[]
  readonly others: readonly OtherFile[]
}

/** Suffixes of the files next to a bundle: its SHA-256 as sha256sum writes it, and its description. */
export const sidecarSuffixes = { sha256: '.sha256', content: '.json' }

/** The module whose versions are toolchains (go.dev/doc/toolchain, "Downloading toolchains"). */
export const toolchainPath = 'golang.org/toolchain'

/** The list of its versions, which the go command requests to find a toolchain. */
export const toolchainList = `${toolchainPath}/@v/list`

/**
 * Returns the path of a module version's file in a bundle: `<path>/@v/<version>.<kind>`, escaped as in GOPROXY.
 *
 * @throws ModulePathError
 */
export function bundlePath(module: ModuleVersion, kind: BundleKind): string {
  return `${downloadPrefix(module).slice('cache/download/'.length)}.${kind}`
}

/** Returns every file of a bundle with its expected properties, by its path. */
export function bundleFiles(
  content: Pick<BundleContent, 'modules' | 'toolchains' | 'others'>,
): ReadonlyMap<string, FileDescription> {
  const ofModules = [...content.modules, ...content.toolchains].flatMap((module) =>
    bundleKinds.flatMap((kind) => {
      const file = module[kind]
      return file === undefined ? [] : [[bundlePath(module, kind), file] as const]
    }),
  )
  return new Map([...ofModules, ...content.others.map((file) => [file.path, file] as const)])
}

/** Returns the names of the checksum databases that a bundle serves: Go requests `sumdb/<name>/supported` first. */
export function servedDatabases({ others }: Pick<BundleContent, 'others'>): readonly string[] {
  return others.flatMap(({ path }) => /^sumdb\/([^/]+)\/supported$/.exec(path)?.[1] ?? [])
}

/** An error for a description that is invalid or of another schema; the message continues "the bundle". */
export class UnreadableBundle extends ActionError {
  constructor(message: string) {
    super('unreadable-bundle', message)
  }
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Decodes the description in a bundle's manifest. It is untrusted, so everything in it is checked.
 *
 * @param about the description, as the manifest holds it
 * @throws UnreadableBundle
 */
export function decodeBundle(about: unknown): BundleContent {
  const fields = object(about, 'content')
  const { schema } = fields
  if (typeof schema === 'number' && schema > bundleSchema) {
    throw new UnreadableBundle(
      `has schema ${schema}, and this version of the action reads schema ${bundleSchema}: it was created by a newer version`,
    )
  }
  if (schema !== bundleSchema)
    throw new UnreadableBundle(`has schema ${JSON.stringify(schema)}, not ${bundleSchema}`)
  const scope = bundleScopes.find((known) => known === fields.scope)
  if (scope === undefined) throw new UnreadableBundle(`has the unknown scope ${JSON.stringify(fields.scope)}`)
  const content: BundleContent = {
    schema,
    scope,
    go: list(fields.go, 'go').map((one) => text(one, 'go')),
    sums: text(fields.sums, 'sums', /^[0-9a-f]{64}$/),
    modules: list(fields.modules, 'modules').map((one) => decodeModule(one)),
    unused: list(fields.unused, 'unused').map((one) => text(one, 'unused')),
    toolchains: list(fields.toolchains, 'toolchains').map((one) => decodeModule(one)),
    others: list(fields.others, 'others').map(decodeOther),
  }
  const isToolchain = ({ path }: BundledModule) => path === toolchainPath
  if (!content.toolchains.every(isToolchain) || content.modules.some(isToolchain))
    throw new UnreadableBundle('lists a module as a toolchain, or a toolchain as a module')
  const names = new Set<string>()
  for (const name of [...content.modules, ...content.toolchains].map(moduleVersionName)) {
    if (names.has(name)) throw new UnreadableBundle(`lists ${name} twice`)
    names.add(name)
  }
  return content
}

function decodeModule(value: unknown): BundledModule {
  const fields = object(value, 'module')
  const module = { path: text(fields.path, 'path'), version: text(fields.version, 'version') }
  try {
    bundlePath(module, 'mod')
  } catch (error) {
    throw new UnreadableBundle(`names a ${(error as Error).message}`)
  }
  const name = `${module.path}@${module.version}`
  const files = Object.fromEntries(
    bundleKinds
      .filter((kind) => fields[kind] !== undefined)
      .map((kind) => [kind, decodeFile(fields[kind], name)]),
  )
  const hashes = Object.fromEntries(
    (['h1', 'goModH1'] as const)
      .filter((hash) => fields[hash] !== undefined)
      .map((hash) => [hash, text(fields[hash], hash, /^h1:[A-Za-z0-9+/]{43}=$/)]),
  )
  if ((fields.zip !== undefined) !== (hashes.h1 !== undefined))
    throw new UnreadableBundle(`has a hash of ${name} without its files, or the reverse`)
  if ((fields.mod !== undefined) !== (hashes.goModH1 !== undefined))
    throw new UnreadableBundle(`has a hash of the go.mod of ${name} without the file, or the reverse`)
  const origin = fields.origin === undefined ? {} : { origin: decodeOrigin(fields.origin) }
  return { ...module, ...hashes, ...files, ...origin }
}

function decodeOrigin(value: unknown): ModuleOrigin {
  const fields = object(value, 'origin')
  return Object.fromEntries(
    (['vcs', 'url', 'ref', 'hash'] as const)
      .filter((name) => fields[name] !== undefined)
      .map((name) => [name, text(fields[name], name)]),
  )
}

function decodeOther(value: unknown): OtherFile {
  const path = text(object(value, 'file').path, 'path of a file')
  const isKnown = path === toolchainList || /^sumdb\/[^/]+\/(?:supported|lookup\/.+|tile\/.+)$/.test(path)
  if (!isKnown) throw new UnreadableBundle(`holds ${JSON.stringify(path)}, which does not belong in a bundle`)
  return { path, ...decodeFile(value, path) }
}

function decodeFile(value: unknown, name: string): FileDescription {
  const { size, sha256 } = object(value, `file of ${name}`)
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw new UnreadableBundle(`has no length for a file of ${name}`)
  return { size: size as number, sha256: text(sha256, `SHA-256 of a file of ${name}`, /^[0-9a-f]{64}$/) }
}

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UnreadableBundle(`has a ${name} that is not an object`)
  return value as Fields
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new UnreadableBundle(`has no list of ${name}`)
  return value
}

function text(value: unknown, name: string, form = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u): string {
  if (typeof value !== 'string' || !form.test(value))
    throw new UnreadableBundle(`has ${JSON.stringify(value)} for ${name}`)
  return value
}

/** The report on a bundle that was written. */
export interface BundleReport {
  /** Absolute path. */
  readonly file: string
  /** Length in bytes. */
  readonly size: number
  readonly sha256: string
  readonly content: BundleContent
  readonly seconds: number
}
