import * as path from 'node:path'
import type { CachePolicy } from '../../plan/policy.ts'
import { entriesOf, readText, writeFile } from '../../system/files.ts'
import type { NamedVersions } from './choice.ts'

/** What one use of this action tells the later ones of its job about the module cache. */
interface ModulesUse {
  /** The key up to the module graph. */
  readonly key: string
  readonly save: CachePolicy['save']
}

/** File in a use's folder with what it tells. */
const useFile = 'modules-use.json'
/** Begins the names of files in a use's folder with the modules that a later use names. */
const namedPrefix = 'named-by-'

/**
 * Tells the other uses of this action in this job, whose folders lie beside this one's, about the module cache: the
 * later ones by a file in this folder, the earlier ones by a file in theirs. A job's uses share GOMODCACHE, so without
 * that the first one would take what the others download for the work of later steps, and save it a second time.
 *
 * @param folder absolute path of this use's own folder
 */
export function tellOtherUses(folder: string, use: ModulesUse, named: NamedVersions): void {
  writeFile(path.join(folder, useFile), JSON.stringify(use))
  const names = JSON.stringify([...new Set([...named.trees, ...named.goMods])])
  for (const earlier of foldersBeside(folder))
    writeFile(path.join(earlier, `${namedPrefix}${path.basename(folder)}.json`), names)
}

/** The `path@version` of the modules that later uses of this action in this job have named. */
export function namedByLaterUses(folder: string): ReadonlySet<string> {
  const files = entriesOf(folder).filter(({ name }) => name.startsWith(namedPrefix))
  return new Set(
    files.flatMap(({ name }) => JSON.parse(readText(path.join(folder, name)) ?? '[]') as string[]),
  )
}

/** Whether an earlier use of this action in this job saves the modules of this graph. It ends after this one. */
export function isSavedByEarlierUse(folder: string, key: string): boolean {
  return foldersBeside(folder).some((earlier) => {
    const use = JSON.parse(readText(path.join(earlier, useFile)) ?? 'null') as ModulesUse | null
    return use?.key === key && use.save === 'yes'
  })
}

function foldersBeside(folder: string): readonly string[] {
  const [parent, own] = [path.dirname(folder), path.basename(folder)]
  return entriesOf(parent)
    .filter(({ name }) => name !== own && name.startsWith(own.replace(/[^-]*$/, '')))
    .map(({ name }) => path.join(parent, name))
    .filter((other) => readText(path.join(other, useFile)) !== undefined)
}
