import { createHash } from 'node:crypto'
import type { GoSum } from './go-sum.ts'

/**
 * A digest of what checksum files say, whatever the order of their lines and however many files they stand in: the
 * SHA-256 of the lines `path version h1` and `path version/go.mod h1`, each once, sorted, in hexadecimal.
 *
 * @param sums the go.sum and go.work.sum files
 */
export function sumsDigest(sums: readonly GoSum[]): string {
  const lines = sums.flatMap(({ trees, goMods }) => [
    ...trees.map(({ path, version, h1 }) => `${path} ${version} ${h1}\n`),
    ...goMods.map(({ path, version, h1 }) => `${path} ${version}/go.mod ${h1}\n`),
  ])
  return createHash('sha256')
    .update([...new Set(lines)].sort().join(''))
    .digest('hex')
}
