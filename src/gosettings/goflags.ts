/** GOFLAGS: flags for every go command. */

import { type Flag, flagFault, joinQuoted, splitQuoted, unknownFlagFault } from './flag-values.ts'
import { redactedGoproxy } from './goproxy.ts'
import type { Setting } from './module-patterns.ts'

/**
 * Checks a text for GOFLAGS (cmd/go/internal/base/goflags.go). It does not check whether Go knows a flag.
 *
 * @param text flags separated by blanks or line breaks; empty means that GOFLAGS is not set
 * @returns the flags separated by one blank, in quotes where they need them
 */
export function readGoflags(text: string): Setting {
  const entries = splitQuoted(text)
  if (entries === undefined) return { fault: notClosed }
  const fault = firstFault(entries, entryFault)
  return fault === undefined ? { value: joinQuoted(entries) } : { fault }
}

/**
 * Returns why no go command builds any module with a value of GOFLAGS. Unlike `readGoflags`, it accepts everything that
 * Go accepts, even if it is probably a mistake.
 *
 * @param goflags the value of GOFLAGS
 * @param goVersion the Go that builds, such as `go1.26.0`; undefined if unknown: then any flag name is accepted
 * @returns a clause; undefined if Go accepts the whole value
 */
export function goflagsRefusal(goflags: string, goVersion?: string): string | undefined {
  const entries = splitQuoted(goflags)
  if (entries === undefined) return notClosed
  const names = entries.map((entry) => flagOf(entry)?.name)
  return firstFault(entries, (flag, index) => {
    const unknown = goVersion === undefined ? undefined : unknownFlagFault(flag.name, goVersion)
    return unknown ?? flagFault(flag, names.lastIndexOf(flag.name) === index)
  })
}

/** Returns the flags in a value of GOFLAGS; it skips entries that are no flags. */
export function flagsOf(goflags: string): readonly Flag[] {
  return (splitQuoted(goflags) ?? []).flatMap((entry) => flagOf(entry) ?? [])
}

/**
 * Returns the value of a flag in GOFLAGS; of several, the last wins (cmd/go/internal/base/goflags.go, SetFromGOFLAGS).
 *
 * @param goflags the value of GOFLAGS
 * @param name the flag's name without dashes
 * @returns `true` for a flag without value; undefined when the flag is missing or the quotes are wrong
 */
export function goFlagValue(goflags: string, name: string): string | undefined {
  const entry = splitQuoted(goflags)?.findLast((one) => flagOf(one)?.name === name)
  return entry === undefined ? undefined : (flagOf(entry)?.value ?? 'true')
}

/** Returns the file that -modfile in GOFLAGS names; undefined without the flag or with an empty name. */
export function modfileOf(goflags: string): string | undefined {
  return goFlagValue(goflags, 'modfile') || undefined
}

/**
 * Whether GOFLAGS turns a boolean flag on: its value is true to Go's strconv.ParseBool.
 *
 * @param goflags the value of GOFLAGS
 * @param flag the flag's name without dashes
 */
export function hasGoFlag(goflags: string, flag: 'trimpath' | 'modcacherw'): boolean {
  return /^(?:1|t|T|true|True|TRUE)$/.test(goFlagValue(goflags, flag) ?? '')
}

/**
 * Adds flags to GOFLAGS, replacing those of the same name.
 *
 * @param existing a value of GOFLAGS; if its quotes are wrong, it stays unchanged, and Go reports the error
 * @param added a value of GOFLAGS
 */
export function mergeGoflags(existing: string, added: string): string {
  const before = splitQuoted(existing)
  const after = splitQuoted(added)
  if (before === undefined || after === undefined) {
    return [existing, added].filter((flags) => flags !== '').join(' ')
  }
  const names = new Set(after.map((entry) => flagOf(entry)?.name))
  const kept = before.filter((entry) => {
    const name = flagOf(entry)?.name
    return name === undefined || !names.has(name)
  })
  return joinQuoted([...kept, ...after])
}

const notClosed = 'a quote is not closed: put quotes around a whole flag'

const notFlag =
  'is not a flag: join a value to its flag as in -tags=name, with quotes around the whole if it holds blanks'

function firstFault(
  entries: readonly string[],
  faultOf: (flag: Flag, index: number) => string | undefined,
): string | undefined {
  const elementFault = (index: number, fault: string) =>
    `element ${index + 1} ("${shown(entries[index] ?? '')}") ${fault}`
  const isStray = (index: number) => index < entries.length && flagOf(entries[index] ?? '') === undefined
  for (const [index, entry] of entries.entries()) {
    const flag = flagOf(entry)
    if (flag === undefined) return elementFault(index, notFlag)
    const fault = faultOf(flag, index)
    // A stray word after a flag without value is probably that value, so the word is the fault to report.
    if (fault !== undefined && flag.value === undefined && isStray(index + 1))
      return elementFault(index + 1, notFlag)
    if (fault !== undefined) return elementFault(index, fault)
  }
  return undefined
}

/** Parses an entry as Go's InitGOFLAGS does: one or two dashes and a name. */
function flagOf(entry: string): Flag | undefined {
  const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(entry) ?? []
  return name === undefined ? undefined : { name, value }
}

function entryFault(flag: Flag): string | undefined {
  const { name, value } = flag
  if (/[^\w.-]/.test(name) || (value !== undefined && holdsAnotherFlag(name, value))) {
    return 'holds a separator: flags are separated by blanks'
  }
  if (/^['"]/.test(value ?? '') && !isSplitAgain(name, value ?? '')) {
    return `has a quote inside: Go reads it as part of the value, so put quotes around the whole, as in '-${name}=…'`
  }
  return flagFault(flag)
}

/** Whether Go splits a value in the same notation (cmd/go/internal/work/build.go, tagsFlag; base.StringsFlag). */
function isSplitAgain(name: string, value: string): boolean {
  const splits = name === 'exec' || name === 'toolexec' || (name === 'tags' && /['\s]/.test(value))
  return splits && splitQuoted(value) !== undefined
}

/** Whether a value holds another flag. Commas are valid in most values: `-tags=a,b`, or `-Wl,-z,now` for a linker. */
function holdsAnotherFlag(name: string, value: string): boolean {
  return name === 'tags' ? /[,;|]-/.test(value) : /^(?:true|false|mod|readonly|vendor)[,;|]/.test(value)
}

/** Hides the value of an entry, which may hold a secret; a value of -mod cannot. */
function shown(entry: string): string {
  return redactedGoproxy(/^--?mod=\w*$/.test(entry) ? entry : entry.replace(/=.*$/s, '=…'))
}
