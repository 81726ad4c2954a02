/** Messages about a vendor directory that is in the way, or not complete. */
import { type Explainer, several } from './explanation.ts'

/**
 * A vendor directory of the other kind: Go then does not use it and says so only as the reason of another
 * failure (cmd/go/internal/modload/init.go, setDefaultBuildMod; since Go 1.22).
 */
export const explainVendorOfOtherKind: Explainer = ({ text }) => {
  if (/\(Outside workspace mode, but vendor directory is for a workspace\.\)/.test(text)) {
    return {
      title: 'vendor was made for a workspace',
      cause:
        'vendor/modules.txt was written by `go work vendor`, but no workspace is in use here, so Go does not take packages from vendor.',
      mend: 'Run `go mod vendor` and commit the vendor directory, or run Go where it finds go.work and without GOWORK=off.',
      places: [],
    }
  }
  if (/\(In workspace mode, but vendor directory is not for a workspace\.?\)/.test(text)) {
    return {
      title: 'vendor was not made for the workspace',
      cause:
        'The vendor directory beside go.work was written by `go mod vendor`, so Go does not take packages from it in the workspace.',
      mend: 'Run `go work vendor` and commit the vendor directory, or remove it.',
      places: [],
    }
  }
  return undefined
}

/** Packages that are imported, but not in vendor (cmd/go/internal/modload/import.go, queryImport). */
export const explainNotVendored: Explainer = ({ text }) => {
  const packages = [
    ...text.matchAll(
      /cannot find module providing package ([^\s:]+): import lookup disabled by -mod=vendor/g,
    ),
  ].map(([, name]) => name ?? '')
  if (packages.length === 0) return undefined
  return {
    title: 'vendor lacks a package',
    cause: `Go takes packages from vendor only, and vendor/modules.txt does not have ${several(packages)}.`,
    mend: 'Run `go mod tidy` and `go mod vendor` (in a workspace `go work vendor`), and commit go.mod, go.sum and the vendor directory.',
    places: [],
  }
}
