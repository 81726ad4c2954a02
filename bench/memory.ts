import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'

/** Memory use of some processes. */
export interface MemoryUse {
  /** Maximum of their sum, in bytes, over all samples; at least the maximum of each. */
  readonly together: number
  /** Maximum of each, in bytes, by the name of its program or script. */
  readonly each: Readonly<Record<string, number>>
}

/** Milliseconds between two samples. Linux keeps each process's own maximum, so nothing is lost in between. */
const interval = 20

/** Whether this system provides these numbers. */
export const canWatchMemory = process.platform === 'linux'

/**
 * Samples the resident memory of the Node scripts of a folder that this process starts, and of all their child
 * processes. Works on Linux only.
 *
 * @param folder absolute path
 * @returns ends the sampling
 */
export function watchMemory(folder: string): () => MemoryUse {
  const each = new Map<string, number>()
  let together = 0
  const look = (): void => {
    let sum = 0
    for (const pid of watched(folder)) {
      const { name, now, most } = useOf(pid)
      sum += now
      together = Math.max(together, most)
      // A process that has just ended has no name any more.
      if (name !== '' && most > (each.get(name) ?? 0)) each.set(name, most)
    }
    together = Math.max(together, sum)
  }
  const timer = setInterval(look, interval)
  return () => {
    clearInterval(timer)
    look()
    return { together, each: Object.fromEntries(each) }
  }
}

/** Source: proc_pid_stat(5); the name in parentheses may itself contain any character. */
function watched(folder: string): readonly number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const text = read(path.join('/proc', entry, 'stat'))
    const parent = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
    if (Number.isInteger(parent)) children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
  }
  const found: number[] = []
  const below = (pid: number, isWatched: boolean): void => {
    for (const child of children.get(pid) ?? []) {
      const counts = isWatched || (commandOf(child)[1] ?? '').startsWith(folder + path.sep)
      if (counts) found.push(child)
      below(child, counts)
    }
  }
  below(process.pid, false)
  return found
}

/** Source: proc_pid_status(5): VmRSS is the resident memory, VmHWM its maximum, in kibibytes. */
function useOf(pid: number): { readonly name: string; readonly now: number; readonly most: number } {
  const status = read(`/proc/${pid}/status`)
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024
  const [program = '', script = ''] = commandOf(pid)
  const isNode = /^node(\.exe)?$/.test(path.basename(program))
  return { name: path.basename(isNode ? script : program), now: field('VmRSS'), most: field('VmHWM') }
}

/** Source: proc_pid_cmdline(5). */
function commandOf(pid: number): readonly string[] {
  return read(`/proc/${pid}/cmdline`).split('\0')
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
