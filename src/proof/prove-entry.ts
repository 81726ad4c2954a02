import { moduleRoot } from '../modules/module-roots.ts'
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
  /** Recorded nowhere, in one part at least. */
  readonly unproven: readonly string[]
}

/** How Go hashes a tree or a go.mod: the name that stands for its path in the hash; undefined for everything else. */
export function nameInHash(root: string): string | undefined {
  const module = moduleRoot(root)
  if (module?.kind === 'tree') return module.name
  return module?.kind === 'mod' ? 'go.mod' : undefined
}

/**
 * Compares the modules of an entry with what is recorded of them: by the checksum files, and of what these do not name, by
 * the checksum database. What a module's own `.ziphash` says proves nothing: it comes from the same entry, and whether Go
 * asks the database when it uses the module is not known before.
 *
 * @param unpacked the hashes of the entry
 * @param sums what the checksum files record
 * @param answers what the checksum database has answered
 */
export function proveEntry(
  { hashes, ziphashes }: UnpackedModules,
  sums: RecordedSums,
  answers: RecordedSums,
): Verdict {
  const wrong: WrongModule[] = []
  const unproven = new Set<string>()
  const compare = (
    name: string,
    part: WrongModule['part'],
    found: string,
    kind: 'trees' | 'goMods',
  ): void => {
    const recorded = sums[kind].get(name) ?? answers[kind].get(name)
    if (recorded === undefined) unproven.add(name)
    else if (recorded.size !== 1 || !recorded.has(found))
      wrong.push({ name, part, expected: [...recorded].join(' or '), found })
  }
  for (const [root, found] of hashes) {
    const { name, kind } = moduleRoot(root) ?? { name: root, kind: 'tree' as const }
    if (kind === 'mod') compare(name, 'go.mod', found, 'goMods')
    else compare(name, kind === 'zip' ? 'zip' : 'files', found, 'trees')
  }
  for (const [root, text] of ziphashes) {
    const { name } = moduleRoot(root) ?? {}
    if (name !== undefined) compare(name, 'ziphash', text.trim(), 'trees')
  }
  return { wrong, unproven: [...unproven] }
}
