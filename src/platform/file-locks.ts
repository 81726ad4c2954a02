import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { findProgram } from './processes.ts'

/** Locks on files that this process holds, or could not get. */
export interface FileLocks {
  /** `ours`: held until `release`. `taken`: another process holds it. `unknown`: this machine cannot tell. */
  readonly state: (file: string) => 'ours' | 'taken' | 'unknown'
  /** Gives them all back. */
  readonly release: () => void
}

/**
 * Both lock the open files that they inherit, and print the numbers of those that they got. A lock belongs to the open file
 * and not to the process that asked for it (flock(2)), so it stays with this process, which has it open too. Node itself
 * knows no such call. Perl is where git is; flock(1) where it is not, and takes a process for each file.
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

/** The first number of a file that a child inherits, behind its standard ones. */
const firstInherited = 3

/** A process may have a few hundred files open; the rest of this one needs some, too. */
const mostAtOnce = 200

/**
 * Locks files as the go command does it on Linux and macOS (cmd/go/internal/lockedfile/internal/filelock/filelock_unix.go),
 * without waiting. On Windows, and where neither perl nor flock(1) is there, the answer is `unknown` for each.
 *
 * @param files absolute paths; they are made where they are absent, as Go does it. Of more than 200 only the first are tried
 * @param platform the system, in the words of Node
 */
export function lockFiles(files: readonly string[], platform: string = process.platform): FileLocks {
  const states = new Map<string, 'ours' | 'taken'>()
  const opened = platform === 'win32' ? [] : files.slice(0, mostAtOnce).flatMap(openedFile)
  const fds = opened.map(({ fd }) => fd)
  const got = fds.length === 0 ? undefined : lockOpen(fds)
  if (got === undefined) {
    // Where nobody can lock, the file of a lock tells that a go command is at it: none of ours may stand there.
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

/** How many files one call locks. */
export const maxLockedFiles = mostAtOnce

function openedFile(
  file: string,
): readonly { readonly file: string; readonly fd: number; readonly isNew: boolean }[] {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    const isNew = !fs.existsSync(file)
    return [{ file, fd: fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o666), isNew }]
  } catch {
    // Another user's, or nothing may be written here: then nobody knows.
    return []
  }
}

/** @returns the numbers, as the child knows them, of the files that are locked now; undefined when nothing could lock */
function lockOpen(fds: readonly number[]): ReadonlySet<number> | undefined {
  const numbers = fds.map((_, index) => String(index + firstInherited))
  for (const [command, ...args] of lockers) {
    const program = findProgram(command)
    if (program === undefined) continue
    const ran = spawnSync(program, [...args, ...numbers], {
      stdio: ['ignore', 'pipe', 'ignore', ...fds],
      encoding: 'utf8',
    })
    if (ran.status === 0) return new Set(ran.stdout.split('\n').filter(Boolean).map(Number))
  }
  return undefined
}
