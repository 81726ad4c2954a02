import { compareGoVersions } from './go-version.ts'
import { goFlagValue } from './settings/goflags.ts'
import { parseVendorModules } from './vendor-modules.ts'

/**
 * Whether the go command builds from the vendor directory by itself.
 *
 * The rule is setDefaultBuildMod in cmd/go/internal/modload/init.go: the go line says at least 1.14, and
 * modules.txt was written for a workspace exactly when there is one. An explicit `-mod` wins.
 *
 * @param place `goLine`: the version in go.mod or go.work; `modulesTxt`: the text of vendor/modules.txt,
 *   whose path is `file`; `goflags`: GOFLAGS
 * @throws GoFileError when modules.txt cannot be read
 */
export function vendorDecides(place: {
  readonly goLine: string | undefined
  readonly isWorkspace: boolean
  readonly modulesTxt: string
  readonly file: string
  readonly goflags: string
}): boolean {
  // `-mod=` is as good as none (cmd/go/internal/work/init.go, BuildModExplicit).
  const explicit = goFlagValue(place.goflags, 'mod') ?? ''
  if (explicit !== '') return explicit === 'vendor'
  if (place.goLine === undefined || compareGoVersions(place.goLine, '1.14') < 0) return false
  return parseVendorModules(place.modulesTxt, place.file).workspace === place.isWorkspace
}
