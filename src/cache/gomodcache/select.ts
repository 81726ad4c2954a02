import { createHash } from 'node:crypto'
import { isPartOfGo } from '../../gofiles/cache-layout.ts'
import { splitModuleVersion } from '../../gofiles/module-path.ts'
import { matchesModulePatterns } from '../../gosettings/module-patterns.ts'
import { type CachedVersion, downloadKinds, listFile } from './listing.ts'

/** The module versions that the checksum files name, as `path@version`. */
export interface NamedVersions {
  /** Those whose tree a build can need. */
  readonly needed: readonly string[]
  /** Those with a hash of their tree. */
  readonly trees: readonly string[]
  /** Those with a hash of their go.mod. */
  readonly goMods: readonly string[]
}

/** What is packed together: a name, and paths relative to GOMODCACHE. */
export interface ModuleUnit {
  readonly name: string
  readonly roots: readonly string[]
}

/** What an entry of the module cache is to hold. */
export interface ModuleSelection {
  readonly units: readonly ModuleUnit[]
  /** How many of them have their tree. */
  readonly trees: number
  readonly zips: boolean
  /** Those of their paths that the restored entry did not hold. */
  readonly added: readonly string[]
  /** Stands for the content in the entry's key. */
  readonly digest: string
}

/** The checksum database's part of the module cache. */
export const sumdbPath = 'cache/download/sumdb'

/**
 * Chooses what of a module cache is packed: what the checksum files name, what the restored entry held, and
 * what this job fetched besides. Toolchains never are: they are large, and `go` itself runs them.
 *
 * @param versions what is in the module cache
 * @param named what the checksum files name
 * @param job when main began and ended, in milliseconds since 1970; which zips are wanted, and whether the
 *   restored entry carried zips; the paths of that entry that stay; what the digest is mixed with; whether something
 *   proves a module that no checksum file names, in its tree or its go.mod; patterns of modules that must not be packed;
 *   names of modules whose trees do not fit into the entry, and of those that other uses of this action in the job save
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
    readonly isVouched: (name: string) => boolean
    readonly excluded: string
    readonly omitted?: ReadonlySet<string>
    readonly ofOthers?: ReadonlySet<string>
  },
): ModuleSelection {
  const { restored } = job
  const [trees, goMods] = [new Set(named.trees), new Set(named.goMods)]
  const isWithheld = (name: string) => matchesModulePatterns(job.excluded, splitModuleVersion(name).path)
  const isNew = (name: string, time: number | undefined) =>
    time !== undefined && time >= job.began && job.ofOthers?.has(name) !== true
  const kept = versions
    .filter(({ name }) => !isPartOfGo(name) && !isWithheld(name))
    .map((version) => ({
      version,
      whole:
        version.tree !== undefined &&
        job.omitted?.has(version.name) !== true &&
        (trees.has(version.name) ||
          ((isNew(version.name, version.files.ziphash) || restored.has(version.tree)) &&
            job.isVouched(version.name))),
      listed:
        trees.has(version.name) ||
        goMods.has(version.name) ||
        // Of what nobody vouches for, the go.mod would decide the versions of other modules.
        ((isNew(version.name, version.files.mod) || restored.has(`${version.prefix}.mod`)) &&
          job.isVouched(version.name)),
    }))
    .filter(({ whole, listed }) => whole || listed)
  const wholes = kept.filter(({ whole }) => whole).map(({ version }) => version)
  const zips = wantZips(wholes, job)
  const units = kept.map(({ version, whole }) => unitOf(version, whole, zips))
  const added = units.flatMap((unit) => unit.roots).filter((root) => !restored.has(root))
  const digest = createHash('sha256')
    .update(JSON.stringify([units, job.salt]))
    .digest('hex')
    .slice(0, 12)
  return { units: withLists(units, kept), trees: wholes.length, zips, added, digest }
}

/**
 * Zips are of use only to `go mod download` without arguments, which fetches each missing one again. A
 * zip that came after main, to a tree that was there before, says that this job runs it.
 */
function wantZips(
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

/** Adds each module's list of versions to the first of its units. Lists change by themselves: they do not count in the digest. */
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

/** What `cache-max-size` has left out of an entry, as the entry remembers it. */
export interface OmittedModules {
  /** The limit in bytes that was in force. */
  readonly most: number
  /** Whether zips were left out. */
  readonly zips: boolean
  /** The `path@version` of the modules that were left out. */
  readonly names: readonly string[]
}

/** What an entry without a limit does without. */
export const nothingOmitted: Pick<OmittedModules, 'zips' | 'names'> = { zips: false, names: [] }

/** A module that may be part of an entry. */
interface SizedModule {
  /** `path@version` */
  readonly name: string
  /** Length of its files in bytes. */
  readonly bytes: number
  /** Whether a build needs it. */
  readonly needed: boolean
  /** Whether the restored entry held it. */
  readonly isInEntry: boolean
}

/**
 * Chooses which modules an entry does without. Every module can be downloaded again, and each costs a request, whatever
 * its length: so the entry keeps as many as fit, the small ones. What builds need comes before what only a checksum file
 * names, and what the restored entry held before what is new, so that one graph always gives the same choice.
 *
 * @param modules what there is
 * @param room length in bytes that the kept ones may have
 * @returns names of those that do not fit
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

/** Reads what an entry remembers of its limit. It is untrusted: what is not as we write it counts as not there. */
export function decodeOmitted(value: unknown): OmittedModules | undefined {
  const { most, zips, names } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof most !== 'number' || typeof zips !== 'boolean' || !Array.isArray(names)) return undefined
  return { most, zips, names: names.filter((name) => typeof name === 'string') }
}
