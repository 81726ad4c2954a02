import { createHash } from 'node:crypto'
import { isPartOfGo } from '../../modules/module-roots.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import { matchesModulePatterns } from '../../modules/settings/match-patterns.ts'
import { type CachedVersion, kinds, listFile } from './listing.ts'

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
export interface ModuleChoice {
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
export const sumdb = 'cache/download/sumdb'

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
export function chooseModules(
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
    readonly withheld: string
    readonly leftOut?: ReadonlySet<string>
    readonly ofOthers?: ReadonlySet<string>
  },
): ModuleChoice {
  const { restored } = job
  const [trees, goMods] = [new Set(named.trees), new Set(named.goMods)]
  const isWithheld = (name: string) => matchesModulePatterns(job.withheld, splitModuleVersion(name).path)
  const isNew = (name: string, time: number | undefined) =>
    time !== undefined && time >= job.began && job.ofOthers?.has(name) !== true
  const kept = versions
    .filter(({ name }) => !isPartOfGo(name) && !isWithheld(name))
    .map((version) => ({
      version,
      whole:
        version.tree !== undefined &&
        job.leftOut?.has(version.name) !== true &&
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
  job: Pick<Parameters<typeof chooseModules>[2], 'ended' | 'zips' | 'hadZips'>,
): boolean {
  if (job.zips !== 'auto') return job.zips === 'true'
  return (
    job.hadZips ||
    versions.some(({ files, treePlaced }) => (files.zip ?? 0) > job.ended && treePlaced < job.ended)
  )
}

function unitOf(version: CachedVersion, whole: boolean, zips: boolean): ModuleUnit {
  const files = kinds
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
