/**
 * Whether a branch name matches a glob: `*` and `?` stay within one segment, `**` does not.
 *
 * @param pattern the glob, as in the branch filters of a workflow
 * @param name the branch, without `refs/heads/`
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const source = pattern
    .split(/(\*\*|\*|\?)/)
    .map((piece) => {
      if (piece === '**') return '.*'
      if (piece === '*') return '[^/]*'
      if (piece === '?') return '[^/]'
      return piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    })
    .join('')
  return new RegExp(`^${source}$`, 'u').test(name)
}
