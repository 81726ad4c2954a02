/** GOFLAGS: flags for every go command, and Go's notation for lists whose elements may hold blanks. */

import { redactedGoproxy } from './goproxy.ts'
import type { Setting } from './setting.ts'

/**
 * Splits a list at blanks and line breaks, where an element may stand in single or double quotes
 * (cmd/internal/quoted, Split). Quotes count only around a whole element, and nothing is escaped inside.
 *
 * @returns undefined when a quote is not closed
 */
export function splitQuoted(list: string): readonly string[] | undefined {
  const element = /[ \t\r\n]*(?:'([^']*)'|"([^"]*)"|([^'" \t\r\n][^ \t\r\n]*))/y
  const elements: string[] = []
  while (/[^ \t\r\n]/.test(list.slice(element.lastIndex))) {
    const match = element.exec(list)
    if (match === null) return undefined
    elements.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return elements
}

/**
 * Checks a text for GOFLAGS (cmd/go/internal/base/goflags.go). Whether Go knows a flag is left to Go.
 *
 * @param text flags separated by blanks or line breaks; empty means that GOFLAGS is not set
 * @returns the flags separated by one blank, in quotes where they need them
 */
export function readGoflags(text: string): Setting {
  const entries = splitQuoted(text)
  if (entries === undefined) return { fault: 'a quote is not closed; quotes stand around a whole flag' }
  for (const [index, entry] of entries.entries()) {
    const fault = entryFault(entry)
    if (fault !== undefined) return { fault: `element ${index + 1} ("${shown(entry)}") ${fault}` }
  }
  return { value: joinQuoted(entries) }
}

/**
 * What GOFLAGS sets a flag to; of several the last counts (cmd/go/internal/base/goflags.go, SetFromGOFLAGS).
 *
 * @param goflags the value of GOFLAGS
 * @param name the flag's name without dashes
 * @returns `true` for a flag without value; undefined when the flag is not there or the quotes are wrong
 */
export function goFlagValue(goflags: string, name: string): string | undefined {
  const entry = splitQuoted(goflags)?.findLast((one) => flagOf(one)?.name === name)
  return entry === undefined ? undefined : (flagOf(entry)?.value ?? 'true')
}

/**
 * Whether GOFLAGS turns a boolean flag on; its value is one that Go's strconv.ParseBool takes.
 *
 * @param goflags the value of GOFLAGS
 * @param flag the flag's name without dashes
 */
export function hasGoFlag(goflags: string, flag: 'trimpath' | 'modcacherw'): boolean {
  return /^(?:1|t|T|true|True|TRUE)$/.test(goFlagValue(goflags, flag) ?? '')
}

/**
 * Adds flags to GOFLAGS in place of those of the same name.
 *
 * @param existing a value of GOFLAGS; where its quotes are wrong, it is kept as it is, and Go says so
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

/** As Go's InitGOFLAGS takes an entry for a flag: one or two dashes and a name. */
function flagOf(entry: string): { readonly name: string; readonly value: string | undefined } | undefined {
  const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(entry) ?? []
  return name === undefined ? undefined : { name, value }
}

function entryFault(entry: string): string | undefined {
  const flag = flagOf(entry)
  if (flag === undefined) {
    return 'is no flag: join a value to its flag as in -tags=name, with quotes around the whole if it holds blanks'
  }
  const { name, value } = flag
  if (/[^\w.-]/.test(name) || (value !== undefined && holdsAnotherFlag(name, value))) {
    return 'holds a separator: flags are separated by blanks'
  }
  if (/^['"]/.test(value ?? '') && !isSplitAgain(name, value ?? '')) {
    return `has a quote inside: Go takes it for part of the value, so put quotes around the whole, as in '-${name}=…'`
  }
  if (name === 'mod' && !/^(?:|mod|readonly|vendor)$/.test(value ?? 'none')) {
    return 'must be -mod=readonly, -mod=vendor or -mod=mod'
  }
  return undefined
}

/** The values that Go splits in the same notation (cmd/go/internal/work/build.go, tagsFlag; base.StringsFlag). */
function isSplitAgain(name: string, value: string): boolean {
  const splits = name === 'exec' || name === 'toolexec' || (name === 'tags' && /['\s]/.test(value))
  return splits && splitQuoted(value) !== undefined
}

/** Commas are good in most values: `-tags=a,b`, or `-Wl,-z,now` for a linker. */
function holdsAnotherFlag(name: string, value: string): boolean {
  return name === 'tags' ? /[,;|]-/.test(value) : /^(?:true|false|mod|readonly|vendor)[,;|]/.test(value)
}

/** A value may hold a secret; of -mod it cannot. */
function shown(entry: string): string {
  return redactedGoproxy(/^--?mod=\w*$/.test(entry) ? entry : entry.replace(/=.*$/s, '=…'))
}

/** The inverse of splitQuoted: none of its elements needs quotes and holds both kinds. */
function joinQuoted(elements: readonly string[]): string {
  return elements
    .map((element) => {
      if (!/^$|^['"]|[ \t\r\n]/.test(element)) return element
      return element.includes("'") ? `"${element}"` : `'${element}'`
    })
    .join(' ')
}
