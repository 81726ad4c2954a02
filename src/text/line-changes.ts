/** The removed and added lines of a file. */
interface LineChanges {
  /** Removed lines; their numbers count from 1. */
  readonly removed: readonly { readonly line: number; readonly text: string }[]
  readonly added: readonly string[]
}

/**
 * Compares two texts line by line, as multisets: a moved line does not count as changed, nor do line ends and blanks around a
 * line.
 *
 * @returns undefined when both hold the same lines
 */
export function lineChanges(before: string, after: string): LineChanges | undefined {
  const remaining = new Map<string, number>()
  for (const text of linesOf(after)) remaining.set(text, (remaining.get(text) ?? 0) + 1)
  const removed = linesOf(before).flatMap((text, index) => {
    const count = remaining.get(text) ?? 0
    if (count === 0) return [{ line: index + 1, text }]
    remaining.set(text, count - 1)
    return []
  })
  const added = [...remaining].flatMap(([text, count]) => Array.from({ length: count }, () => text))
  const isBlank = (text: string) => text === ''
  const changes = {
    removed: removed.filter(({ text }) => !isBlank(text)),
    added: added.filter((text) => !isBlank(text)),
  }
  return changes.removed.length + changes.added.length === 0 ? undefined : changes
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trim())
}
