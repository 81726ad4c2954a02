import { compareGoVersions } from './go-version.ts'

/**
 * Whether the go command builds from the vendor directory by itself.
 *
 * The rule is setDefaultBuildMod in cmd/go/internal/modload/init.go: the go line says at least 1.14, and
 * modules.txt was written for a workspace exactly when there is one. An explicit `-mod` wins.
 *
 * @param place `goLine`: the version in go.mod or go.work; `modulesTxt`: the text of vendor/modules.txt;
 *   `goflags`: GOFLAGS
 */
export function vendorDecides(place: {
  readonly goLine: string | undefined
  readonly isWorkspace: boolean
  readonly modulesTxt: string
  readonly goflags: string
}): boolean {
  const explicit = /(?:^|\s)--?mod=(\S+)/.exec(place.goflags)?.[1]
  if (explicit !== undefined) return explicit === 'vendor'
  if (place.goLine === undefined || compareGoVersions(place.goLine, '1.14') < 0) return false
  return isForWorkspace(place.modulesTxt) === place.isWorkspace
}

/** The marker stands alone on the first line (modulesTextIsForWorkspace in the same file). */
function isForWorkspace(modulesTxt: string): boolean {
  return /^## workspace\s*(?:\r?\n|$)/.test(modulesTxt)
}
