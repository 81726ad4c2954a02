import {
  type BundleContent,
  type BundledModule,
  bundleKinds,
  bundlePath,
  bundleSchema,
  bundleScopes,
  type FileDescription,
  type ModuleOrigin,
  type OtherFile,
  toolchainList,
  toolchainPath,
} from './bundle.ts'
import { moduleVersionName } from './module-version.ts'

/** What is said of a bundle cannot be right, or is not for this version; the message goes on after "the bundle". */
export class BundleRefused extends Error {
  override readonly name = 'BundleRefused'
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads what a bundle's manifest says of its content. It is untrusted, so everything in it is checked.
 *
 * @param about what the manifest remembers
 * @throws BundleRefused
 */
export function decodeBundle(about: unknown): BundleContent {
  const fields = object(about, 'content')
  const { schema } = fields
  if (typeof schema === 'number' && schema > bundleSchema) {
    throw new BundleRefused(
      `is of schema ${schema}, and this version of the action reads schema ${bundleSchema}: it was made by a newer version`,
    )
  }
  if (schema !== bundleSchema)
    throw new BundleRefused(`is of schema ${JSON.stringify(schema)}, not ${bundleSchema}`)
  const scope = bundleScopes.find((known) => known === fields.scope)
  if (scope === undefined) throw new BundleRefused(`is of the unknown scope ${JSON.stringify(fields.scope)}`)
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
    throw new BundleRefused('takes a module for a toolchain')
  const names = new Set<string>()
  for (const name of [...content.modules, ...content.toolchains].map(moduleVersionName)) {
    if (names.has(name)) throw new BundleRefused(`names ${name} twice`)
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
    throw new BundleRefused(`names a ${(error as Error).message}`)
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
    throw new BundleRefused(`has no hash of ${name}, or no files`)
  if ((fields.mod !== undefined) !== (hashes.goModH1 !== undefined))
    throw new BundleRefused(`has no hash of the go.mod of ${name}, or no go.mod`)
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
  if (!isKnown) throw new BundleRefused(`holds ${JSON.stringify(path)}, which is no part of a bundle`)
  return { path, ...decodeFile(value, path) }
}

function decodeFile(value: unknown, name: string): FileDescription {
  const { size, sha256 } = object(value, `file of ${name}`)
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw new BundleRefused(`has no length of a file of ${name}`)
  return { size: size as number, sha256: text(sha256, `SHA-256 of a file of ${name}`, /^[0-9a-f]{64}$/) }
}

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BundleRefused(`has a ${name} that is no object`)
  return value as Fields
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new BundleRefused(`has no list of ${name}`)
  return value
}

function text(value: unknown, name: string, form = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u): string {
  if (typeof value !== 'string' || !form.test(value))
    throw new BundleRefused(`has ${JSON.stringify(value)} for ${name}`)
  return value
}
