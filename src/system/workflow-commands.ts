/** A warning or error that a program wrote as a workflow command. */
export interface Said {
  readonly level: 'warning' | 'error'
  readonly text: string
}

/** The workflow commands in a program's output, sorted by what they ask for. */
export interface Annotations {
  readonly masks: readonly string[]
  readonly debugLines: readonly string[]
  readonly said: readonly Said[]
}

/**
 * Reads the workflow commands in a program's output, so that it is ours to decide what the runner sees
 * of them. Every other line counts as debug output.
 *
 * @param output what the program printed, as @actions/core writes it (command.ts)
 */
export function annotationsOf(output: string): Annotations {
  const masks: string[] = []
  const debugLines: string[] = []
  const said: Said[] = []
  for (const line of output.split(/\r?\n/)) {
    const command = /^::([a-z-]+)[^:]*::(.*)$/.exec(line)
    const [name, text] = [command?.[1], unescaped(command?.[2] ?? line)]
    if (name === 'add-mask') masks.push(text)
    else if (name === 'warning' || name === 'error') said.push({ level: name, text: text.trim() })
    else if (text.trim() !== '') debugLines.push(text)
  }
  return { masks, debugLines, said }
}

function unescaped(data: string): string {
  return data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
