import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'

/** Clock ticks per second in /proc (proc_pid_stat(5)). USER_HZ is 100 on every architecture that Go supports. */
const ticksPerSecond = 100

/**
 * Returns the CPU time that the processes of a group have used so far.
 *
 * @param group process group ID
 * @returns seconds; undefined where the system does not report it, as on Windows
 */
export function processorSeconds(group: number): number | undefined {
  if (process.platform === 'linux') return fromProc(group)
  return process.platform === 'win32' ? undefined : fromPs(group)
}

function fromProc(group: number): number | undefined {
  try {
    const numbers = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return numbers.reduce((sum, number) => sum + timeOf(number, group), 0)
  } catch {
    return undefined
  }
}

function timeOf(process: string, group: number): number {
  try {
    const text = fs.readFileSync(`/proc/${process}/stat`, 'utf8')
    // The process name may hold blanks and parentheses, so fields are counted after the last `)`.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [user = 0, system = 0, usersChildren = 0, systemsChildren = 0] = fields.slice(11, 15)
    return fields[2] === group ? (user + system + usersChildren + systemsChildren) / ticksPerSecond : 0
  } catch {
    return 0
  }
}

function fromPs(group: number): number | undefined {
  const { status, stdout } = spawnSync('/bin/ps', ['-axo', 'pgid=,time='], {
    encoding: 'utf8',
    timeout: 5000,
  })
  return status === 0 ? psSeconds(stdout, group) : undefined
}

/**
 * Sums the CPU time of a process group in the output of `ps -o pgid=,time=`.
 *
 * @param output one line per process: its group, and its time as `[[days-]hours:]minutes:seconds`
 * @param group process group ID
 * @returns seconds
 */
export function psSeconds(output: string, group: number): number {
  return output.split('\n').reduce((sum, line) => {
    const [, number, days = '0', clock = ''] = /^\s*(\d+)\s+(?:(\d+)-)?([\d:.]+)\s*$/.exec(line) ?? []
    if (Number(number) !== group) return sum
    return (
      sum + Number(days) * 86_400 + clock.split(':').reduce((total, part) => total * 60 + Number(part), 0)
    )
  }, 0)
}

/**
 * Describes the number and total size of the files below a folder. The text changes when something is written there.
 */
export function sizeBelow(folder: string): string {
  let [files, bytes] = [0, 0]
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of entries(next)) {
      const file = path.join(next, entry.name)
      if (entry.isDirectory()) folders.push(file)
      else {
        files++
        bytes += fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0
      }
    }
  }
  return `${files} files, ${bytes} bytes`
}

/** Lists a folder; empty when it cannot be read, because a go command moves folders during the walk. */
function entries(folder: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
