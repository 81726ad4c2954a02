import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { childEnvironment, processEnv } from './environment.ts'
import { findProgram } from './processes.ts'

/** Locks on files that this process holds or could not get. */
export interface FileLocks {
  /**
   * `ours`: held until `release`. `taken`: another process holds the lock. `unknown`: this machine cannot lock the
   * file.
   */
  readonly state: (file: string) => 'ours' | 'taken' | 'unknown'
  /** Releases all of them. */
  readonly release: () => void
}

/**
 * Commands that lock the open files they inherit, and print the descriptors of those that they locked. A lock belongs
 * to the open file and not to the process that requested it (flock(2)). So it stays with this process, which also has
 * the file open. Node has no such call. Perl is present wherever git is. flock(1) is the fallback, and starts a process
 * for each file.
 */
const lockers: readonly (readonly [command: string, ...args: string[]])[] = [
  [
    'perl',
    '-MFcntl=:flock',
    '-e',
    'for (@ARGV) { my $f; open($f, "+<&=", $_) && flock($f, LOCK_EX|LOCK_NB) && print "$_\\n" }',
  ],
  [
    'sh',
    '-c',
    'command -v flock >/dev/null || exit 1; for fd; do flock -n "$fd" && echo "$fd"; done; exit 0',
    'sh',
  ],
]

/** The first descriptor of the files that a child inherits, after the standard ones. */
const firstInherited = 3

/** Maximum number of files per call. A process may have a few hundred files open, and the rest of this one needs some. */
const maxAtOnce = 200

/**
 * Locks files as the go command does on Linux and macOS
 * (cmd/go/internal/lockedfile/internal/filelock/filelock_unix.go), without waiting. On Windows, and without perl and
 * flock(1), every state is `unknown`.
 *
 * @param files absolute paths; absent files are created, as Go does. Files after the first 200 are not tried
 * @param platform the system, as in `process.platform`
 */
export function lockFiles(files: readonly string[], platform: string = process.platform): FileLocks {
  const states = new Map<string, 'ours' | 'taken'>()
  const opened = platform === 'win32' ? [] : files.slice(0, maxAtOnce).flatMap(openLockFile)
  const fds = opened.map(({ fd }) => fd)
  const got = fds.length === 0 ? undefined : lockOpen(fds)
  if (got === undefined) {
    // Without locking, the mere existence of a lock file means that a go command is running: remove those made here.
    for (const { file, isNew } of opened) if (isNew) fs.rmSync(file, { force: true })
  } else {
    for (const [index, { file }] of opened.entries()) {
      states.set(file, got.has(index + firstInherited) ? 'ours' : 'taken')
    }
  }
  return {
    state: (file) => states.get(file) ?? 'unknown',
    release: () => {
      for (const fd of fds.splice(0)) fs.closeSync(fd)
    },
  }
}

/** The maximum number of files that one call locks. */
export const maxLockedFiles = maxAtOnce

function openLockFile(
  file: string,
): readonly { readonly file: string; readonly fd: number; readonly isNew: boolean }[] {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    const isNew = !fs.existsSync(file)
    return [{ file, fd: fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o666), isNew }]
  } catch {
    // The file belongs to another user, or the folder is not writable: the state stays `unknown`.
    return []
  }
}

/**
 * Locks open files.
 *
 * @returns the descriptors, as the child numbers them, of the locked files; undefined when no command could lock
 */
function lockOpen(fds: readonly number[]): ReadonlySet<number> | undefined {
  const numbers = fds.map((_, index) => String(index + firstInherited))
  for (const [command, ...args] of lockers) {
    const program = findProgram(command, processEnv())
    if (program === undefined) continue
    const ran = spawnSync(program, [...args, ...numbers], {
      stdio: ['ignore', 'pipe', 'ignore', ...fds],
      env: childEnvironment(processEnv()),
      encoding: 'utf8',
    })
    if (ran.status === 0) return new Set(ran.stdout.split('\n').filter(Boolean).map(Number))
  }
  return undefined
}
