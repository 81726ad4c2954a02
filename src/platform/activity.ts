import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'

/** Clock ticks in a second, as Linux counts in /proc (proc_pid_stat(5); USER_HZ is 100 on every architecture that Go knows). */
const ticks = 100

/**
 * How long the processes of a group have been computing until now, in seconds; undefined where the system does not tell, as
 * on Windows.
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
    // The name may hold blanks and brackets; fields are counted from what is behind it.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [user = 0, system = 0, usersChildren = 0, systemsChildren = 0] = fields.slice(11, 15)
    return fields[2] === group ? (user + system + usersChildren + systemsChildren) / ticks : 0
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
 * Adds up what `ps -o pgid=,time=` prints of a group.
 *
 * @param output a line for each process: its group, and its time as `[[days-]hours:]minutes:seconds`
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

/** Number and lengths of the files below a folder: another text when something was written there. */
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

/** A go command moves folders while they are read. */
function entries(folder: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
