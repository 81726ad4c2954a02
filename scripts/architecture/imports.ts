/** Reads which files src has and what each of them imports, for the test of the layers and for docs/architecture.md. */
import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { layers } from './layers.ts'

/** The absolute path of src. */
export const source = path.resolve(import.meta.dirname, '../../src')
/** The TypeScript files of src, relative to it, with `/`. */
export const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll(path.sep, '/'))

/** An import of a file, `import()` and `export … from` included. */
export interface Import {
  /** As the file writes it. */
  readonly from: string
  /** Whether nothing of it is left at run time. */
  readonly typesOnly: boolean
}

/**
 * Returns the imports of a file.
 *
 * @param file relative to src, with `/`
 */
export function importsOf(file: string): readonly Import[] {
  const text = readFileSync(path.join(source, file), 'utf8')
  const statements = [...text.matchAll(/^(?:import|export)(\s+type)?[^'"]*?from\s+'([^']+)'/gms)].map(
    (match) => ({
      from: match[2] ?? '',
      typesOnly: match[1] !== undefined || onlyInlineTypes(match[0]),
    }),
  )
  const bare = [...text.matchAll(/^import '([^']+)'|\bimport\('([^']+)'\)/gm)].map((match) => ({
    from: match[1] ?? match[2] ?? '',
    typesOnly: false,
  }))
  return [...statements, ...bare]
}

/** Reports whether each name in the braces of a statement has `type` before it. */
function onlyInlineTypes(statement: string): boolean {
  const names = /\{([^}]*)\}/s.exec(statement)?.[1]?.split(',') ?? ['']
  return names
    .map((name) => name.trim())
    .filter(Boolean)
    .every((name) => name.startsWith('type '))
}

/** Returns the part of src that a file belongs to, as the table names it. */
export function partOf(file: string): string {
  return Object.hasOwn(layers, file) ? file : path.posix.dirname(file)
}
