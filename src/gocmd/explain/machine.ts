/** Messages about the machine: its disk and its GOFLAGS. */

import type { Explainer, Explanation } from './message.ts'

/** Explains GOFLAGS that Go cannot parse (cmd/go/internal/base/goflags.go; internal/quoted for the last one). */
export const explainGoflags: Explainer = ({ text }) => {
  const [, word, unknown, problem] =
    /parsing \$GOFLAGS: (?:non-flag (".*")|unknown flag (\S+)|(.+))/.exec(text) ?? []
  const quoting = `quotes around a whole flag that has blanks, as in GOFLAGS="'-ldflags=-s -w'"`
  const explain = (cause: string, fix: string): Explanation => ({
    title: 'GOFLAGS cannot be read',
    cause,
    fix,
    places: [],
  })
  if (word !== undefined) {
    return explain(
      `GOFLAGS has ${word}, which does not begin with a dash.`,
      `Write each flag as -flag or -flag=value, and ${quoting}.`,
    )
  }
  if (unknown !== undefined) {
    return explain(
      `GOFLAGS has ${unknown}, which is not a flag of any go command.`,
      `Remove ${unknown} from GOFLAGS. If it belongs to another flag, write ${quoting}.`,
    )
  }
  if (problem === undefined) return undefined
  return explain(`GOFLAGS cannot be split into flags: ${problem}.`, `Write ${quoting}.`)
}

/** File errors of Go with the name of the system call (os.PathError, os.LinkError), in the wording of each system. */
const refusal =
  /\b(open|mkdir|rename|link|symlink|unlink|unlinkat|remove|chmod|write|truncate|OpenFile|CreateFile) (.+?): (?:(permission denied|operation not permitted|Access is denied)|(read-only file system|The media is write protected)|(no space left on device|disk quota exceeded|There is not enough space on the disk))/

/** Explains files that cannot be written. */
export const explainDisk: Explainer = ({ text }) => {
  const [, notDirectory] = /could not create module cache: "(.+)" is not a directory/.exec(text) ?? []
  if (notDirectory !== undefined) {
    return {
      title: 'GOMODCACHE is not a directory',
      cause: `The module cache cannot be at ${notDirectory}, which is a file.`,
      fix: 'Remove the file, or set GOMODCACHE to a directory.',
      places: [],
    }
  }
  const [, call, file, denied, readOnly, full] = refusal.exec(text) ?? []
  if (file === undefined) return undefined
  const what = kindOf(file, text)
  // Go may have opened the file to read it.
  if (denied !== undefined && call === 'open' && what === unknownFile) return undefined
  if (full !== undefined) {
    return {
      title: 'the disk is full',
      cause: `The disk has no space for ${what} (${file}: ${full}).`,
      fix: 'Free space before this step, or set GOMODCACHE and GOCACHE to directories on a larger disk; `df -h` shows the free space.',
      places: [],
    }
  }
  if (readOnly !== undefined) {
    return {
      title: 'the file system is read-only',
      cause: `Go must write ${what}, but cannot (${file}: ${readOnly}).`,
      fix: `Mount the file system for writing, or ${useWritable(what)}.`,
      places: [],
    }
  }
  return {
    title: 'no permission to write',
    cause: `Go must write ${what}, but the user of this job may not (${file}: ${denied}).`,
    fix: `Give the user of the job write access${chown(file)}, or ${useWritable(what)}.`,
    places: [],
  }
}

const unknownFile = 'a file'

function kindOf(file: string, text: string): string {
  const name = file.replaceAll('\\', '/')
  if (/\/vendor(?:\/|$)/.test(name)) return 'the vendor directory'
  if (/\/go\.(?:work\.)?(?:sum|mod|work)$/.test(name)) return name.slice(name.lastIndexOf('/') + 1)
  if (
    /module cache|writing (?:go\.mod|stat) cache|\/cache\/download\/|\/pkg\/mod(?:\/|$)/.test(
      `${text} ${name}`,
    )
  )
    return 'the module cache'
  return unknownFile
}

/** Returns the command that changes the owner of a file's folder; empty for Windows, two paths, or a folder in `/`. */
function chown(file: string): string {
  const folder = /^((?:\/[^/\s]+){2,})\/[^/\s]+$/.exec(file)?.[1]
  return folder === undefined ? '' : ` with \`sudo chown -R "$(id -u)" ${folder}\``
}

function useWritable(what: string): string {
  if (what === 'the module cache') return 'set GOMODCACHE to a writable directory'
  if (what === unknownFile) return 'set GOMODCACHE, GOCACHE and GOTMPDIR to writable directories'
  return `run Go where ${what} is writable`
}
