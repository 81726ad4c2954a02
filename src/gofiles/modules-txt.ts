/** vendor/modules.txt as data. */

import { canonicalVersion, isImportPath } from './module-path.ts'
import { refuseConflictMarker, splitFields } from './syntax.ts'

/** A module in vendor/modules.txt. */
type VendoredModule = {
  readonly path: string
  /** Absent for a replacement of all versions, which go mod vendor lists at the end. */
  readonly version?: string
  /** Whether the main module's go.mod (or one of the workspace) requires it. */
  readonly explicit: boolean
  /** Version in its go line, such as `1.21`. */
  readonly goVersion?: string
  /** Its replacement; without a version, path is a directory. */
  readonly replacement?: { readonly path: string; readonly version?: string }
  /** The vendored packages it provides. */
  readonly packages: readonly string[]
}

/** The content of vendor/modules.txt; `workspace`: whether go work vendor wrote it. */
export type VendorModules = { readonly workspace: boolean; readonly modules: readonly VendoredModule[] }

type Draft = { -readonly [K in keyof VendoredModule]: VendoredModule[K] } & { packages: string[] }

/**
 * Reads vendor/modules.txt as readVendorList does (cmd/go/internal/modload/vendor.go; workspaces:
 * modulesTextIsForWorkspace in init.go). Like Go, it skips lines that it does not understand. It merges several
 * entries of one module and version.
 *
 * @param text the file's content; line ends may be LF or CRLF.
 * @param file the name to show in errors.
 * @throws GoFileError for a merge conflict, of which Go would read both sides.
 */
export function parseVendorModules(text: string, file: string): VendorModules {
  const lines = text.split('\n')
  const drafts = new Map<string, Draft>()
  let current: Draft | undefined
  for (const [index, content] of lines.entries()) {
    refuseConflictMarker(content, file, index + 1)
    if (content.startsWith('# ')) {
      const fields = splitFields(content)
      // Like Go, this keeps the previous module after a line that is too short to name one.
      if (fields.length >= 3) current = openModule(drafts, fields)
    } else if (current !== undefined) {
      if (content.startsWith('## ')) annotate(current, content)
      else {
        const [packagePath, ...more] = splitFields(content)
        if (packagePath !== undefined && more.length === 0 && isImportPath(packagePath)) {
          current.packages.push(packagePath)
        }
      }
    }
  }
  return { workspace: annotations(lines[0] ?? '').includes('workspace'), modules: [...drafts.values()] }
}

/** Reads the fields of `# path version`, `# path version => replacement` or `# path => replacement`. */
function openModule(
  drafts: Map<string, Draft>,
  [, path = '', ...rest]: readonly string[],
): Draft | undefined {
  const version = rest[0] !== undefined && isSemanticVersion(rest[0]) ? rest[0] : undefined
  if (version === undefined && rest[0] !== '=>') return undefined
  const key = `${path} ${version ?? ''}`
  const draft = drafts.get(key) ?? { path, ...(version && { version }), explicit: false, packages: [] }
  drafts.set(key, draft)
  const [arrow, newPath, newVersion, ...surplus] = version === undefined ? rest : rest.slice(1)
  if (arrow === '=>' && newPath !== undefined && surplus.length === 0) {
    if (newVersion === undefined) draft.replacement = { path: newPath }
    else if (isSemanticVersion(newVersion)) draft.replacement = { path: newPath, version: newVersion }
  }
  return draft
}

/** Reads a line such as `## explicit; go 1.21`: the last go version wins, unknown annotations are skipped. */
function annotate(draft: Draft, content: string): void {
  for (const annotation of annotations(content)) {
    if (annotation === 'explicit') draft.explicit = true
    if (annotation.startsWith('go ')) draft.goVersion = annotation.slice('go '.length)
  }
}

function annotations(content: string): string[] {
  return content.startsWith('## ')
    ? content
        .slice(3)
        .split(';')
        .map((entry) => entry.trim())
    : []
}

function isSemanticVersion(text: string): boolean {
  return canonicalVersion(text) !== undefined
}
