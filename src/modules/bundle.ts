/** What an air-gapped bundle holds, as data: a GOPROXY as files (go.dev/ref/mod, "GOPROXY protocol"). */
import { downloadPrefix, type ModuleVersion } from './module-path.ts'

/** Version of what is said of a bundle's content: readers take no other. */
export const bundleSchema = 1
export const bundleScopes = ['build', 'all'] as const
export type BundleScope = (typeof bundleScopes)[number]
/** The files of a module version. */
export const bundleKinds = ['info', 'mod', 'zip'] as const
export type BundleKind = (typeof bundleKinds)[number]

/** A file as it must be. */
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

/** Where a module version comes from, as its `.info` says it. */
export interface ModuleOrigin {
  readonly vcs?: string
  readonly url?: string
  readonly ref?: string
  readonly hash?: string
}

/** A module version in a bundle, with as many of its files as are needed. */
export interface BundledModule extends ModuleVersion {
  /** What go.sum must say of its files; there with the zip. */
  readonly h1?: string
  /** What go.sum must say of its go.mod; there with the `.mod`. */
  readonly goModH1?: string
  readonly info?: FileDescription
  readonly mod?: FileDescription
  readonly zip?: FileDescription
  readonly origin?: ModuleOrigin
}

/** Everything that is said of a bundle. */
export interface BundleContent {
  readonly schema: typeof bundleSchema
  readonly scope: BundleScope
  /** What the `go` and `toolchain` lines of the modules asked for, such as `1.24` and `go1.26.0`. */
  readonly go: readonly string[]
  /** Digest of the checksum files that it was made for: `sumsDigest`. */
  readonly sums: string
  /** In order of path and version. */
  readonly modules: readonly BundledModule[]
  /** Lines of the checksum files that nothing needed: `path@version`, with `/go.mod` at the end for one of a go.mod. */
  readonly unused: readonly string[]
  readonly toolchains: readonly BundledModule[]
  readonly others: readonly OtherFile[]
}

/** Ends the names of what lies beside a bundle: its SHA-256 as sha256sum writes it, and what is said of its content. */
export const beside = { sha256: '.sha256', content: '.json' }

/** The module that toolchains are versions of (go.dev/doc/toolchain, "Downloading toolchains"). */
export const toolchainPath = 'golang.org/toolchain'
/** Its versions, which the go command asks for when it looks for one. */
export const toolchainList = `${toolchainPath}/@v/list`

/**
 * Path of a module version's file in a bundle: `<path>/@v/<version>.<kind>`, escaped as in GOPROXY.
 *
 * @throws ModulePathError
 */
export function bundlePath(module: ModuleVersion, kind: BundleKind): string {
  return `${downloadPrefix(module).slice('cache/download/'.length)}.${kind}`
}

/** Every file of a bundle with what it must be, by its path. */
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

/** Names of the checksum databases that a bundle serves: Go asks for `sumdb/<name>/supported` first. */
export function servedDatabases({ others }: Pick<BundleContent, 'others'>): readonly string[] {
  return others.flatMap(({ path }) => /^sumdb\/([^/]+)\/supported$/.exec(path)?.[1] ?? [])
}
