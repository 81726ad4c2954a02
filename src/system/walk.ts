import * as path from 'node:path'
import { entriesOf } from './files.ts'

/** How deep below the start a go.mod is looked for where git cannot tell. */
const deepest = 6
/** Directories that hold other people's modules. */
const skipped = /^(?:[._].*|vendor|testdata|node_modules)$/

/** Every go.mod below a directory, as paths relative to it with `/`; for checkouts without git. */
export function walkForGoMods(start: string): readonly string[] {
  return filesNamed('go.mod', start)
}

/** Every file of a name below a directory, as paths relative to it with `/`, but for those of other people's modules. */
export function filesNamed(name: string, start: string): readonly string[] {
  return walk(name, start, '', 0)
}

function walk(name: string, start: string, relative: string, depth: number): readonly string[] {
  const entries = entriesOf(path.join(start, relative))
  const here = entries.some((entry) => entry.isFile() && entry.name === name) ? [`${relative}${name}`] : []
  if (depth === deepest) return here
  const below = entries
    .filter((entry) => entry.isDirectory() && !skipped.test(entry.name))
    .flatMap((entry) => walk(name, start, `${relative}${entry.name}/`, depth + 1))
  return [...here, ...below]
}
