import * as runner from './runner.ts'

/** Shows a heading with lines that the reader can fold; without lines, the heading alone. */
export function tell({
  heading,
  lines,
}: {
  readonly heading: string
  readonly lines: readonly string[]
}): void {
  if (lines.length === 0) runner.info(heading)
  else runner.group(heading, lines)
}
