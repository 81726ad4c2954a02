import { createHash } from 'node:crypto'
import { isPartOfGo } from '../../gofiles/cache-layout.ts'
import { splitModuleVersion } from '../../gofiles/module-path.ts'
import { matchesModulePatterns } from '../../gosettings/module-patterns.ts'
import { type CachedVersion, downloadKinds, listFile } from './listing.ts'

/** Module versions that the checksum files name, as `path@version`. */
export interface NamedVersions {
  /** Versions whose tree a build can need. */
  readonly needed: readonly string[]
  /** Versions with a hash of their tree. */
  readonly trees: readonly string[]
  /** Versions with a hash of their go.mod. */
  readonly goMods: readonly string[]
}

/** Files that are packed together: a name, and paths relative to GOMODCACHE. */
export interface ModuleUnit {
  readonly name: string
  readonly roots: readonly string[]
}

/** Selected content for an entry of the module cache. */
export interface ModuleSelection {
  readonly units: readonly ModuleUnit[]
  /** Number of units that have their tree. */
  readonly trees: number
  readonly zips: boolean
  /** Paths of the units that the restored entry did not hold. */
  readonly added: readonly string[]
  /** Digest of the content, for the entry's key. */
  readonly digest: string
}

/** Path of the checksum database's part of the module cache, relative to GOMODCACHE. */
export const sumdbPath = 'cache/download/sumdb'

/**
 * Selects what to pack of a module cache: the modules that the checksum files name, those of the restored entry, and
 * anything else that this job fetched. Toolchains are excluded: they are large, and `go` itself runs them.
 *
 * @param versions content of the module cache
 * @param named the modules that the checksum files name
 * @param job `began` and `ended`: start and end of main, in milliseconds since 1970; `zips`: which zips are wanted;
 *   `hadZips`: whether the restored entry held zips; `salt`: part of the digest; `restored`: paths of the restored
 *   entry that stay; `isConfirmed`: whether a source confirms a module that no checksum file names; `excluded`:
 *   patterns of modules that must not be packed; `omitted`: names of modules whose trees do not fit into the entry;
 *   `ofOthers`: names of modules that other uses of this action in the job save
 */
export function selectModules(
  versions: readonly CachedVersion[],
  named: Omit<NamedVersions, 'needed'>,
  job: {
    readonly began: number
    readonly ended: number
    readonly zips: 'auto' | 'true' | 'false'
    readonly hadZips: boolean
    readonly salt: string
    readonly restored: ReadonlySet<string>
    readonly isConfirmed: (name: string) => boolean
    readonly excluded: string
    readonly omitted?: ReadonlySet<string>
    readonly ofOthers?: ReadonlySet<string>
  },
): ModuleSelection {
  const { restored } = job
  const [trees, goMods] = [new Set(named.trees), new Set(named.goMods)]
  const isExcluded = (name: string) => matchesModulePatterns(job.excluded, splitModuleVersion(name).path)
  const isNew = (name: string, time: number | undefined) =>
    time !== undefined && time >= job.began && job.ofOthers?.has(name) !== true
  const kept = versions
    .filter(({ name }) => !isPartOfGo(name) && !isExcluded(name))
    .map((version) => ({
      version,
      whole:
        version.tree !== undefined &&
        job.omitted?.has(version.name) !== true &&
        (trees.has(version.name) ||
          ((isNew(version.name, version.files.ziphash) || restored.has(version.tree)) &&
            job.isConfirmed(version.name))),
      listed:
        trees.has(version.name) ||
        goMods.has(version.name) ||
        // An unconfirmed go.mod could change the versions of other modules.
        ((isNew(version.name, version.files.mod) || restored.has(`${version.prefix}.mod`)) &&
          job.isConfirmed(version.name)),
    }))
    .filter(({ whole, listed }) => whole || listed)
  const wholes = kept.filter(({ whole }) => whole).map(({ version }) => version)
  const zips = packsZips(wholes, job)
  const units = kept.map(({ version, whole }) => unitOf(version, whole, zips))
  const added = units.flatMap((unit) => unit.roots).filter((root) => !restored.has(root))
  const digest = createHash('sha256')
    .update(JSON.stringify([units, job.salt]))
    .digest('hex')
    .slice(0, 12)
  return { units: withLists(units, kept), trees: wholes.length, zips, added, digest }
}

/**
 * Reports whether to pack zips. They are useful only to `go mod download` without arguments, which downloads each
 * missing one. A zip that appeared after main, for a tree that existed before, shows that this job runs that command.
 */
function packsZips(
  versions: readonly CachedVersion[],
  job: Pick<Parameters<typeof selectModules>[2], 'ended' | 'zips' | 'hadZips'>,
): boolean {
  if (job.zips !== 'auto') return job.zips === 'true'
  return (
    job.hadZips ||
    versions.some(({ files, treePlaced }) => (files.zip ?? 0) > job.ended && treePlaced < job.ended)
  )
}

function unitOf(version: CachedVersion, whole: boolean, zips: boolean): ModuleUnit {
  const files = downloadKinds
    .filter((kind) => version.files[kind] !== undefined)
    .filter((kind) => (kind === 'zip' ? whole && zips : kind !== 'ziphash' || whole))
    .map((kind) => `${version.prefix}.${kind}`)
  return { name: version.name, roots: [...(whole ? [version.tree ?? ''] : []), ...files] }
}

/**
 * Adds each module's list of versions to the first of its units. Lists change independently, so the digest ignores
 * them.
 */
function withLists(
  units: readonly ModuleUnit[],
  kept: readonly { readonly version: CachedVersion }[],
): readonly ModuleUnit[] {
  const done = new Set<string>()
  return units.map((unit, index) => {
    const version = kept[index]?.version
    const list = version === undefined || !version.hasList ? undefined : listFile(version)
    if (list === undefined || done.has(list)) return unit
    done.add(list)
    return { ...unit, roots: [...unit.roots, list] }
  })
}

/** Content that an entry omits because of `cache-max-size`, as the entry records it. */
export interface OmittedModules {
  /** Limit that applied, in bytes. */
  readonly most: number
  /** Whether the entry omits zips. */
  readonly zips: boolean
  /** The `path@version` of the omitted modules. */
  readonly names: readonly string[]
}

/** Omissions of an entry without a limit: none. */
export const nothingOmitted: Pick<OmittedModules, 'zips' | 'names'> = { zips: false, names: [] }

/** A module that may be part of an entry. */
interface SizedModule {
  /** `path@version` */
  readonly name: string
  /** Total size of its files, in bytes. */
  readonly bytes: number
  /** Whether a build needs it. */
  readonly needed: boolean
  /** Whether the restored entry held it. */
  readonly isInEntry: boolean
}

/**
 * Selects the modules that an entry omits. Each omitted module costs a download request, whatever its size. So the
 * entry keeps as many as fit, the small ones. Modules that builds need come before those that only a checksum file
 * names. Then modules of the restored entry come before new ones, so that one graph always gives the same selection.
 *
 * @param modules the candidates
 * @param room maximum total size of the kept modules, in bytes
 * @returns names of the modules that do not fit
 */
export function modulesOverLimit(modules: readonly SizedModule[], room: number): readonly string[] {
  const ranked = [...modules].sort(
    (a, b) =>
      Number(b.needed) - Number(a.needed) ||
      Number(b.isInEntry) - Number(a.isInEntry) ||
      a.bytes - b.bytes ||
      (a.name < b.name ? -1 : 1),
  )
  let total = 0
  return ranked.flatMap(({ name, bytes }) => {
    if (total + bytes > room) return [name]
    total += bytes
    return []
  })
}

/** Reads the omissions that an entry records. The data is untrusted: anything invalid counts as missing. */
export function decodeOmitted(value: unknown): OmittedModules | undefined {
  const { most, zips, names } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof most !== 'number' || typeof zips !== 'boolean' || !Array.isArray(names)) return undefined
  return { most, zips, names: names.filter((name) => typeof name === 'string') }
}
