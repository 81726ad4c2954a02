import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import * as os from 'node:os'

/**
 * Returns a token for the process that started this one, in characters that a file name may hold. That process is the
 * runner, which lives as long as the job.
 *
 * @param parent its process ID
 * @returns the process ID, its start time in clock ticks since boot (proc(5), /proc/pid/stat; 0 on systems without it),
 *   and a hash of machine and PID namespace
 */
export function ownerToken(parent: number = process.ppid): string {
  return `${parent}.${startOf(parent) ?? '0'}.${machineToken()}`
}

/**
 * Reports whether the process that a token names still runs.
 *
 * @returns `unknown` when the process is of another machine, container or boot, or has no ID here, such as the parent
 *   of a process that `docker exec` starts
 */
export function ownerState(token: string): 'alive' | 'ended' | 'unknown' {
  const [pid = '', start = '', machine] = token.split('.')
  if (machine !== machineToken() || !/^[1-9]\d*$/.test(pid)) return 'unknown'
  if (process.platform === 'linux') return startOf(Number(pid)) === start ? 'alive' : 'ended'
  try {
    process.kill(Number(pid), 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'ended' : 'alive'
  }
}

/**
 * Returns the start time, which is the 22nd field. The second field is a name in parentheses, which may hold blanks.
 */
function startOf(pid: number): string | undefined {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] || undefined
}

function machineToken(): string {
  const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  const namespace = textOf(() => readlinkSync('/proc/self/ns/pid'))
  return createHash('sha256').update([os.hostname(), boot, namespace].join('\n')).digest('hex').slice(0, 8)
}

function textOf(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
