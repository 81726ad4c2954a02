/**
 * `.info` files, which hold a version's time and origin (go.dev/ref/mod, "GOPROXY protocol"). No checksum file records
 * them, so this action never stores an original: it writes a new one with the fields that Go reads.
 */

/** The origin of a module version, from its `.info`. */
export interface ModuleOrigin {
  readonly vcs?: string
  readonly url?: string
  readonly ref?: string
  readonly hash?: string
}

type Fields = Readonly<Record<string, unknown>>

/** The fields of Origin that the go command reads (cmd/go/internal/modfetch/codehost, Origin), all strings. */
const originFields = ['Hash', 'Ref', 'RepoSum', 'Subdir', 'TagPrefix', 'TagSum', 'URL', 'VCS'] as const

/**
 * Returns a new `.info` file from an existing one: only the fields that the go command reads, in a fixed order, without
 * user or password in the address of the repository.
 *
 * @param text content of the existing file
 * @param version the module's version, such as `v1.2.3`
 * @returns undefined when the go command could read another version, or an error, from it. Without the file, Go
 *   requests it from the proxy (cmd/go/internal/modfetch/cache.go, readDiskStat)
 */
export function moduleInfoText(text: string, version: string): string | undefined {
  const info = parseInfo(text)
  if (info === undefined || info.version !== version || !matchesTime(version, info.time)) return undefined
  const { time, origin } = info
  return JSON.stringify({
    Version: version,
    ...(time === undefined ? {} : { Time: time }),
    ...(origin === undefined ? {} : { Origin: origin }),
  })
}

/**
 * Returns the origin of a version from its `.info`; undefined if the file has none.
 *
 * @param text content of the file
 */
export function originOf(text: string): ModuleOrigin | undefined {
  const origin = parseInfo(text)?.origin
  if (origin === undefined) return undefined
  const named = { vcs: origin.VCS, url: origin.URL, ref: origin.Ref, hash: origin.Hash }
  const known = Object.entries(named).filter(([, value]) => value !== undefined && value !== '')
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

interface Info {
  readonly version: unknown
  readonly time: string | undefined
  readonly origin: Readonly<Partial<Record<(typeof originFields)[number], string>>> | undefined
}

/**
 * Parses a `.info` file more strictly than any go command, so that all Go versions read the same values. Go ignores the
 * case of names, takes the last of two equal names, and merges two objects of one name (encoding/json, Unmarshal).
 */
function parseInfo(text: string): Info | undefined {
  const fields = parseObject(text)
  if (fields === undefined) return undefined
  const [version, time, origin] = ['Version', 'Time', 'Origin'].map((name) => field(fields, name))
  if (version === ambiguous || time === ambiguous || origin === ambiguous) return undefined
  if (!isAbsent(time) && !(typeof time === 'string' && timeText.test(time))) return undefined
  if (isAbsent(origin)) return { version, time: time ?? undefined, origin: undefined }
  if (typeof origin !== 'object' || Array.isArray(origin)) return undefined
  const known = originFields.map((name) => [name, field(origin as Fields, name)] as const)
  if (known.some(([, value]) => !isAbsent(value) && typeof value !== 'string')) return undefined
  const texts = known.flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, name === 'URL' ? withoutUser(value) : value] as const] : [],
  )
  return { version, time: time ?? undefined, origin: Object.fromEntries(texts) }
}

/** RFC 3339, as Go reads and writes times in JSON (time.Time, UnmarshalJSON). */
const timeText =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Whether a time matches a version. Only pseudo-versions hold one (golang.org/x/mod/module, PseudoVersion). */
function matchesTime(version: string, time: string | undefined): boolean {
  const [, digits] = /[.-](\d{14})-[0-9a-f]{12}(?:\+incompatible)?$/.exec(version) ?? []
  if (digits === undefined || time === undefined) return true
  const instant = new Date(time)
  return !Number.isNaN(instant.getTime()) && instant.toISOString().replaceAll(/\D/g, '').startsWith(digits)
}

const ambiguous = Symbol('ambiguous')

/** Returns the value that Go reads for a field. Go treats names that differ only in case as equal. */
function field(fields: Fields, name: string): unknown {
  const [first, ...more] = Object.keys(fields).filter((key) => folded(key) === folded(name))
  if (more.length > 0) return ambiguous
  return first === undefined ? undefined : fields[first]
}

/** Folds the case of a name. Go also takes `ſ` for `s` and the Kelvin sign for `k` (encoding/json, foldName). */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase()
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

/** Parses a JSON object; undefined for other text and if an object holds a name twice. */
function parseObject(text: string): Fields | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const named = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined)
  return named.length === countKeys(value) ? (value as Fields) : undefined
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const ownKeys = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce<number>((sum, one) => sum + countKeys(one), ownKeys)
}

function withoutUser(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
}
