import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import * as os from 'node:os'

/**
 * Names the process that started this one, in letters that a file's name may have: the runner, which lives as long as the job.
 *
 * @returns its number, when it started in ticks since the boot (proc(5), /proc/pid/stat; 0 where no system tells), and which
 *   machine and PID namespace the number is of
 */
export function ownerToken(parent: number = process.ppid): string {
  return `${parent}.${startOf(parent) ?? '0'}.${machineToken()}`
}

/**
 * Whether the process that a token names still runs. `unknown`: it is of another machine, container or boot, or has no number
 * here, as the parent of what `docker exec` starts.
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

/** The 22nd field; the second one is a name in parentheses, which may hold blanks. */
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
