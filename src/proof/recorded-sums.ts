import type { GoSum, ModuleSum } from '../modules/go-sum.ts'
import { moduleVersionName } from '../modules/module-version.ts'

/** What the checksum files record, each hash that there is, by `path@version`. */
export interface RecordedSums {
  /** Of the module's files. */
  readonly trees: ReadonlyMap<string, ReadonlySet<string>>
  /** Of its go.mod. */
  readonly goMods: ReadonlyMap<string, ReadonlySet<string>>
}

/** Puts the checksum files of a checkout together. Where two of them disagree, nothing can be proven. */
export function recordedSums(sums: readonly GoSum[]): RecordedSums {
  return {
    trees: collect(sums.flatMap(({ trees }) => trees)),
    goMods: collect(sums.flatMap(({ goMods }) => goMods)),
  }
}

function collect(lines: readonly ModuleSum[]): ReadonlyMap<string, ReadonlySet<string>> {
  const hashes = new Map<string, Set<string>>()
  for (const line of lines) {
    const name = moduleVersionName(line)
    hashes.set(name, (hashes.get(name) ?? new Set()).add(line.h1))
  }
  return hashes
}

/** What is recorded as plain JSON data. */
export type EncodedSums = Readonly<
  Record<keyof RecordedSums, readonly (readonly [string, readonly string[]])[]>
>

/** Writes what is recorded as plain JSON data. */
export function encodeSums({ trees, goMods }: RecordedSums): EncodedSums {
  const encode = (hashes: RecordedSums['trees']) => [...hashes].map(([name, of]) => [name, [...of]] as const)
  return { trees: encode(trees), goMods: encode(goMods) }
}

/** The inverse of encodeSums. */
export function decodeSums({ trees, goMods }: EncodedSums): RecordedSums {
  const decode = (hashes: EncodedSums['trees']) => new Map(hashes.map(([name, of]) => [name, new Set(of)]))
  return { trees: decode(trees), goMods: decode(goMods) }
}
