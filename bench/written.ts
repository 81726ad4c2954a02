import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** Bytes that a program and its child processes passed to the system. */
export interface Written {
  /** Bytes of all write calls: to files, pipes and sockets. */
  readonly calls: number
  /** Bytes that must reach a disk, in whole pages; 0 on a file system in memory. */
  readonly disk: number
}

/** A Node that counts. */
export interface CountingNode {
  /** Absolute path, for whatever starts Node. */
  readonly program: string
  /** Reads what the latest run wrote. */
  readonly written: () => Written
}

/** Whether this system counts these bytes for each process. */
export const canCountWrites = process.platform === 'linux' && existsSync('/proc/self/io')

/**
 * Writes a program that runs Node and then keeps the counters of Linux. They are exact: what a process wrote is added
 * to its parent when the parent has waited for it (proc_pid_io(5); kernel/exit.c, wait_task_zombie). Works on Linux
 * only.
 *
 * @param file absolute path of the program
 */
export function writeCountingNode(file: string): CountingNode {
  const counters = `${file}.counters`
  const script = `#!/bin/bash
'${process.execPath}' "$@"
code=$?
# Reads with the shell itself: another process would not be this one's counters.
printf '%s\\n' "$(</proc/$$/io)" > '${counters}'
exit $code
`
  writeFileSync(file, script, { mode: 0o755 })
  return {
    program: file,
    written() {
      const text = readFileSync(counters, 'utf8')
      const field = (name: string) =>
        Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
      return { calls: field('wchar'), disk: field('write_bytes') }
    },
  }
}
