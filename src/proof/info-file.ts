/**
 * Whether a `.info` file describes a version. No checksum file records these files; a wrong one would make Go take another
 * version's time and origin for this one's, and a damaged one Go reads again from the proxy
 * (cmd/go/internal/modfetch/cache.go, readDiskStat).
 *
 * @param text content of the file
 * @param version the module's version, such as `v1.2.3`
 */
export function describesVersion(text: string, version: string): boolean {
  try {
    return (JSON.parse(text) as { readonly Version?: unknown } | null)?.Version === version
  } catch {
    return false
  }
}
