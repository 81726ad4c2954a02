import { moduleRoot } from '../modules/module-roots.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import type { RecordedSums } from './recorded-sums.ts'

/** A part of a module that is not what is recorded of it. */
export interface WrongModule {
  /** `path@version`. */
  readonly name: string
  readonly part: 'files' | 'zip' | 'go.mod' | 'ziphash'
  /** What is recorded; several hashes where the checksum files disagree. */
  readonly expected: string
  readonly found: string
}

/** What is known of an entry of modules once it is unpacked, and nothing of it is in place yet. */
export interface UnpackedModules {
  /** What each tree, each zip and each `.mod` hashes to, by its path in the module cache. */
  readonly hashes: ReadonlyMap<string, string>
  /** What each `.ziphash` says, by its path in the module cache. */
  readonly ziphashes: ReadonlyMap<string, string>
}

/** What may be used of an entry, by the names of modules. */
export interface Verdict {
  /** Not what is recorded. */
  readonly wrong: readonly WrongModule[]
  /** Recorded nowhere, and Go would take them as they are. */
  readonly unproven: readonly string[]
}

/** How Go hashes a tree or a go.mod: the name that stands for its path in the hash; undefined for everything else. */
export function nameInHash(root: string): string | undefined {
  const module = moduleRoot(root)
  if (module?.kind === 'tree') return module.name
  return module?.kind === 'mod' ? 'go.mod' : undefined
}

/**
 * Compares the modules of an entry with what the checksum files record.
 *
 * A module that is recorded nowhere, such as a tool that a step installs, has to agree with its own `.ziphash`: that is
 * what Go compares with the checksum database when it uses the module (cmd/go/internal/modfetch/fetch.go, checkMod).
 * Where Go asks no database, nothing is proven. A go.mod that is recorded nowhere is left to Go, which hashes each one
 * that it reads.
 *
 * @param unpacked the hashes of the entry
 * @param sums what the checksum files record
 * @param isInDatabase whether Go asks the checksum database about a module path
 */
export function proveEntry(
  { hashes, ziphashes }: UnpackedModules,
  sums: RecordedSums,
  isInDatabase: (path: string) => boolean,
): Verdict {
  const wrong: WrongModule[] = []
  const unproven = new Set<string>()
  const recordedBeside = new Map<string, string>()
  for (const [root, text] of ziphashes) {
    const { name } = moduleRoot(root) ?? {}
    if (name !== undefined) recordedBeside.set(name, text.trim())
  }
  const compare = (name: string, part: WrongModule['part'], found: string, recorded: ReadonlySet<string>) => {
    if (recorded.size === 1 && recorded.has(found)) return
    wrong.push({ name, part, expected: [...recorded].join(' or '), found })
  }
  for (const [root, found] of hashes) {
    const { name, kind } = moduleRoot(root) ?? { name: '', kind: 'info' }
    const part = kind === 'tree' ? 'files' : kind === 'zip' ? 'zip' : 'go.mod'
    const recorded = (part === 'go.mod' ? sums.goMods : sums.trees).get(name)
    if (recorded !== undefined) compare(name, part, found, recorded)
    else if (part !== 'go.mod') {
      const beside = recordedBeside.get(name)
      if (beside !== undefined && beside !== found) compare(name, part, found, new Set([beside]))
      else if (beside === undefined || !isInDatabase(splitModuleVersion(name).path)) unproven.add(name)
    }
  }
  for (const [name, found] of recordedBeside) {
    const recorded = sums.trees.get(name)
    if (recorded !== undefined) compare(name, 'ziphash', found, recorded)
  }
  return { wrong, unproven: [...unproven] }
}
