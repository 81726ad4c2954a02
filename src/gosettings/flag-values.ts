/**
 * Checks for flags in GOFLAGS with which every build fails at its start. `__tests__/gosettings/flag-values.real-go.test.ts`
 * compares the tables with Go 1.21 and the newest Go.
 */

import { parseGoVersion } from '../gofiles/go-version.ts'
import { closestWord } from '../text/closest-word.ts'

/**
 * Splits a list in Go's notation at blanks and line breaks. An element may be in single or double quotes
 * (cmd/internal/quoted, Split). Quotes must enclose a whole element, and there are no escapes inside.
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

/** Joins elements; the inverse of splitQuoted. An element that needs quotes must not hold both kinds. */
export function joinQuoted(elements: readonly string[]): string {
  return elements
    .map((element) => {
      if (!/^$|^['"]|[ \t\r\n]/.test(element)) return element
      return element.includes("'") ? `"${element}"` : `'${element}'`
    })
    .join(' ')
}

/** A flag in GOFLAGS: its name without dashes, and the text after `=`. */
export interface Flag {
  readonly name: string
  readonly value: string | undefined
}

/** Flags of all commands of Go 1.21; GOFLAGS may hold no others (cmd/go/internal/base/goflags.go, hasFlag). */
const oldFlags = words(
  `C a asan asmflags bench benchmem benchtime blockprofile blockprofilerate buildmode buildvcs c cache compat compiled
  compiler count cover covermode coverpkg coverprofile cpu cpuprofile d debug-actiongraph debug-runtime-trace debug-trace
  deps dropexclude dropreplace droprequire dropretract dropuse e exclude exec export f failfast find fix fmt fullpath fuzz
  fuzzcache fuzzminimizetime fuzztime gccgoflags gcflags go i insecure installsuffix json ldflags linkshared list m
  memprofile memprofilerate mod modcache modcacherw modfile module msan mutexprofile mutexprofilefraction n o outputdir
  overlay p parallel pgo pkgdir print r race replace require retract retracted reuse run short shuffle skip t tags test
  testcache timeout toolchain toolexec trace trimpath u use v vendor versions vet vettool w work x`,
)

/** Flags that Go 1.22 to 1.26 added. */
const newerFlags = words('artifacts changed diff dropgodebug dropignore droptool fixtool godebug ignore tool')

/** Minor version of the newest Go in these tables: a later Go may know more flags. */
const newestKnownMinor = 26

/** Boolean flags of builds (cmd/go/internal/work/build.go, AddBuildFlags). */
const booleanFlags = words('a asan buildvcs cover linkshared modcacherw msan n race trimpath v work x')

/** Other flags of builds: each needs a value. */
const valueFlags = words(
  `asmflags buildmode compiler covermode coverpkg gccgoflags gcflags installsuffix ldflags mod modfile overlay p pgo pkgdir
  tags toolexec`,
)

/** The values that a flag accepts; the empty value means that the flag is not set. */
const allowedValues: Readonly<Record<string, readonly string[]>> = {
  mod: ['', 'readonly', 'vendor', 'mod'],
  compiler: ['gc', 'gccgo'],
  covermode: ['set', 'count', 'atomic'],
  buildmode: ['default', 'archive', 'c-archive', 'c-shared', 'exe', 'pie', 'plugin', 'shared'],
}

/** Flags of which Go checks only the last value; of other flags it checks every value. */
const lastValueOnly = ['mod', 'buildmode']

/**
 * Returns why no version of Go builds any module with a flag.
 *
 * @param isLast whether no flag of the same name follows
 * @returns a clause that follows the name of the flag; undefined for a valid flag and for an unknown one
 */
export function flagFault({ name, value }: Flag, isLast = true): string | undefined {
  if (name === 'C') return 'must not be in GOFLAGS: Go accepts -C only as the first flag on a command line'
  if (booleanFlags.includes(name)) return booleanFault(name, value)
  if (!valueFlags.includes(name)) return undefined
  const allowed = allowedValues[name]
  if (allowed !== undefined) {
    if (value !== undefined && (allowed.includes(value) || (!isLast && lastValueOnly.includes(name))))
      return undefined
    return choiceFault(name, value, allowed)
  }
  if (value === undefined) return `needs a value, as in -${name}=…`
  if (name === 'p') return isLast || !isInteger(value) ? countFault(value) : undefined
  if (/^(?:asm|gc|gccgo|ld)flags$/.test(name)) return patternFlagsFault(name, value)
  const isSplit = name === 'toolexec' || (name === 'tags' && /[ ']/.test(value))
  return isSplit && splitQuoted(value) === undefined ? 'has an unclosed quote in its value' : undefined
}

/**
 * Returns why a Go does not know a flag.
 *
 * @param name the flag's name without dashes
 * @param goVersion the Go that builds, such as `go1.26.0`
 * @returns a clause; undefined for a known flag, and for a Go that is newer than this list
 */
export function unknownFlagFault(name: string, goVersion: string): string | undefined {
  const minor = Number(parseGoVersion(goVersion)?.minor ?? Infinity)
  if (oldFlags.includes(name) || minor > newestKnownMinor) return undefined
  if (newerFlags.includes(name)) return minor > 21 ? undefined : `is a flag that ${goVersion} does not know`
  const closest = closestWord(name, [...booleanFlags, ...valueFlags])
  return `is not a flag of any go command${closest === undefined ? '' : `: did you mean \`-${closest}\`?`}`
}

/** Returns the sanitizer flags whose last value is on; Go allows only one (cmd/go/internal/work/init.go). */
export function sanitizersOn(flags: readonly Flag[]): readonly string[] {
  return ['race', 'msan', 'asan'].filter((name) => {
    const last = flags.findLast((flag) => flag.name === name)
    return last !== undefined && /^(?:1|t|T|true|True|TRUE)$/.test(last.value ?? 'true')
  })
}

/** Checks a boolean value as Go's strconv.ParseBool does; -buildvcs also accepts `auto`. */
function booleanFault(name: string, value: string | undefined): string | undefined {
  if (value === undefined || /^(?:1|t|T|true|True|TRUE|0|f|F|false|False|FALSE)$/.test(value))
    return undefined
  if (name !== 'buildvcs') return `must be -${name}, -${name}=true or -${name}=false`
  return value === 'auto' ? undefined : 'must be -buildvcs=auto, -buildvcs=true or -buildvcs=false'
}

function choiceFault(name: string, value: string | undefined, allowed: readonly string[]): string {
  const nonEmpty = allowed.filter((word) => word !== '')
  const closest = closestWord(value ?? '', nonEmpty)
  const list = nonEmpty.map((word) => `-${name}=${word}`)
  const all = `must be ${list.slice(0, -1).join(', ')} or ${list.at(-1)}`
  return closest === undefined ? all : `${all}: did you mean \`-${name}=${closest}\`?`
}

/** Checks flags for tools, which may follow a package pattern (cmd/go/internal/load/flag.go, PerPackageFlag). */
function patternFlagsFault(name: string, value: string): string | undefined {
  const text = value.trim()
  const equals = text.indexOf('=')
  if (text === '') return undefined
  if (!text.startsWith('-') && equals < 1) return `must begin with a dash or a pattern, as in -${name}=all=-…`
  const flags = text.startsWith('-') ? text : text.slice(equals + 1)
  const isQuoted = /^['"]/.test(text)
  return isQuoted || splitQuoted(flags) === undefined ? 'has an unclosed quote in its value' : undefined
}

/** Whether a value is a whole number as Go's strconv.ParseInt accepts it with base 0. */
function isInteger(value: string): boolean {
  return /^[+-]?(?:0x(?:_?[\da-f])+|0b(?:_?[01])+|0o(?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?\d)*)$/i.test(value)
}

function countFault(value: string): string | undefined {
  const isPositive =
    isInteger(value) && !value.startsWith('-') && /[1-9a-f]/i.test(value.replace(/^\+?0[xbo]/i, ''))
  return isPositive ? undefined : 'must be a positive whole number'
}

function words(text: string): readonly string[] {
  return text.split(/\s+/)
}
