/** The module graph as a set of lines and a hash: what decides the content of the module cache. */

import { createHash } from 'node:crypto'
import type { Replacement } from '../gofiles/directives.ts'
import type { GoMod } from '../gofiles/go-mod.ts'
import type { GoSum } from '../gofiles/go-sum.ts'
import type { GoWork } from '../gofiles/go-work.ts'
import { isLocalReplacement, moduleVersionName } from '../gofiles/module-path.ts'
import { resolvedRequirements } from '../gofiles/requirements.ts'
import { type Root, sumsOf } from '../gofiles/roots.ts'

/** Files that together determine what Go downloads; `goSums` holds go.sum and go.work.sum files alike. */
export type ModuleGraphFiles = {
  readonly goMods: readonly GoMod[]
  readonly goWorks: readonly GoWork[]
  readonly goSums: readonly GoSum[]
}

/**
 * Returns the lines that decide which module trees Go downloads: hashes of trees, and require, replace, exclude and
 * tool directives. Parsing has removed what only orders or annotates: comments, `// indirect`, blocks, line ends. The
 * `/go.mod` hashes are omitted because they select no tree.
 *
 * @returns each line once, sorted. A line is the JSON of its fields: it is unambiguous and holds no line break.
 */
export function moduleGraphLines(files: ModuleGraphFiles): string[] {
  const { goMods, goWorks, goSums } = files
  const lines = [
    ...goSums.flatMap(({ trees }) => trees.map(({ path, version, h1 }) => ['sum', path, version, h1])),
    ...goMods.flatMap((goMod) => [
      ...goMod.require.map(({ path, version }) => ['require', path, version]),
      ...goMod.exclude.map(({ path, version }) => ['exclude', path, version]),
      ...goMod.replace.map(replaceFields),
      ...goMod.tool.map((path) => ['tool', path]),
    ]),
    ...goWorks.flatMap((goWork) => goWork.replace.map(replaceFields)),
  ]
  return [...new Set(lines.map((fields) => JSON.stringify(fields)))].sort()
}

/** Returns the SHA-256 of moduleGraphLines in lower-case hexadecimal; equal graphs give equal hashes everywhere. */
export function moduleGraphHash(files: ModuleGraphFiles): string {
  return createHash('sha256').update(moduleGraphLines(files).join('\n')).digest('hex')
}

/** Returns all files of the roots, for the hash of their whole content. */
export function graphFilesOf(roots: readonly Root[]): ModuleGraphFiles {
  return {
    goMods: roots.flatMap((root) => root.modules.map((module) => module.goMod)),
    goWorks: roots.flatMap((root) => root.goWork ?? []),
    goSums: roots.flatMap(sumsOf),
  }
}

/**
 * Returns the files of the roots without the dependencies that stay in the checkout. These are replacements by a
 * directory, and requirements that a replacement or a workspace resolves there. Go downloads none of them, and the
 * relative path of a directory differs between modules.
 */
export function downloadedFilesOf(roots: readonly Root[]): ModuleGraphFiles {
  const withoutLocal = ({ replace }: { readonly replace: readonly Replacement[] }) =>
    replace.filter(({ newPath, newVersion }) => newVersion !== undefined || !isLocalReplacement(newPath))
  return {
    goMods: roots.flatMap((root) => {
      const inCheckout = requirementsInCheckout(root)
      return root.modules.map(({ goMod }) => ({
        ...goMod,
        require: goMod.require.filter((one) => !inCheckout.has(moduleVersionName(one))),
        replace: withoutLocal(goMod),
      }))
    }),
    goWorks: roots.flatMap(({ goWork }) =>
      goWork === undefined ? [] : [{ ...goWork, replace: withoutLocal(goWork) }],
    ),
    goSums: roots.flatMap(sumsOf),
  }
}

function requirementsInCheckout(root: Root): ReadonlySet<string> {
  const members = new Set(root.goWork === undefined ? [] : root.modules.map(({ goMod }) => goMod.module))
  const local = resolvedRequirements(root).filter(
    ({ path, replacement, fetched }) =>
      members.has(path) || (replacement !== undefined && fetched === undefined),
  )
  return new Set(local.map(moduleVersionName))
}

/** Returns the fields of a replacement. An absent version is an empty field, because no version in a file is empty. */
function replaceFields({ path, version = '', newPath, newVersion = '' }: Replacement): string[] {
  return ['replace', path, version, newPath, newVersion]
}
