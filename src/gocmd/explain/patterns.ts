/**
 * The patterns of Go's output that decide the next step of this action. The other files of this folder explain errors
 * to the user.
 */

import { matchesModulePatterns } from '../../gosettings/module-patterns.ts'
import { moduleNamed, moduleVersions } from './message.ts'

/**
 * Transient failures: too many requests, server errors, timeouts and broken connections.
 * The wording is that of cmd/go/internal/modfetch/proxy.go ("reading URL: 503 Service Unavailable"), of
 * Go's net package, and of git.
 */
const transient = [
  /: (429|5\d\d) [A-Z]/,
  /returned error: (429|5\d\d)\b/,
  /i\/o timeout|TLS handshake timeout|Client\.Timeout exceeded|deadline exceeded|timed out/,
  /connection reset by peer|connection refused|unexpected EOF|broken pipe|GOAWAY|RPC failed/,
  /forcibly closed by the remote host|actively refused it|did not properly respond/,
  /ssh: connect to host |kex_exchange_identification: |Connection (?:closed|reset) by /,
  /: EOF$|stream error: .*(INTERNAL_ERROR|REFUSED_STREAM)/m,
  /temporary failure in name resolution|server misbehaving/i,
]

/** Failures that no retry fixes, even if the output also holds a transient one. */
const permanent = [/checksum mismatch|SECURITY ERROR/, /: (400|401|403|404|410) [A-Z]/]

/** Whether the output of a command shows a transient failure, so that a retry may succeed. */
export function isTransient(output: string): boolean {
  return (
    transient.some((pattern) => pattern.test(output)) && !permanent.some((pattern) => pattern.test(output))
  )
}

/** Messages of git, ssh and Go about a server that requires authentication. */
const unauthorized =
  /terminal prompts disabled|could not read (?:Username|Password) for|Authentication failed for|returned error: 40[13]\b|: 40[13] [A-Z]|Permission denied \(/

/** Messages about missing content, which servers also send for content that the user may not read. */
const notFound =
  /returned error: 4(?:04|10)\b|: 4(?:04|10) [A-Z]|repository '[^']*' not found|Repository not found|does not appear to be a git repository/

/**
 * Whether a download may have failed because of missing credentials.
 *
 * @param output what the go command printed
 * @param patterns patterns of private modules, separated by `,`; if empty, any module may be private
 */
export function mayNeedCredentials(output: string, patterns: string): boolean {
  if (unauthorized.test(output)) return true
  if (!notFound.test(output)) return false
  const modulePaths = [...output.matchAll(moduleVersions)].map(([name]) => moduleNamed(name).path)
  return patterns === '' || modulePaths.some((name) => matchesModulePatterns(patterns, name))
}

/**
 * Whether a line is missing in go.sum (cmd/go/internal/modload, import.go and vendor.go). It may be the go.mod hash of a module
 * that no build reads, and that only the list of all modules needs. The requirements of go.mod suffice then.
 */
export function lacksSum(output: string): boolean {
  return /missing go\.sum entry/.test(output)
}

/**
 * Whether a `.info` is missing, which the list and the download read. A proxy that is a folder may not have it. Such a
 * folder holds the content of a module cache, and a build alone fetches no `.info` (cmd/go/internal/modfetch/cache.go).
 */
export function lacksInfo(output: string): boolean {
  return /reading file:\S+\.info: |\.info: (?:404|410) |module lookup disabled by GOPROXY=off/.test(output)
}

/**
 * Whether no source has a version: servers, folders, repositories, and GOPROXY=off (cmd/go/internal/modfetch/proxy.go
 * and repo.go).
 */
export function lacksVersion(output: string): boolean {
  return /: (?:404|410) |reading file:.+: (?:no such file|The system cannot find)|unknown revision|invalid version|lookup disabled by GOPROXY=off/.test(
    output,
  )
}

/** Whether a proxy or a folder does not have a file, and no retry helps. */
export function lacksFile(output: string): boolean {
  return (
    /: (?:404|410) |no such file or directory|cannot find the (?:file|path)/.test(output) &&
    !isTransient(output)
  )
}

/** Whether a module is missing and could not be fetched, for each way in which the network is blocked. */
export function lacksModule(reason: string): boolean {
  return /module lookup disabled by GOPROXY=off|GOVCS disallows using|: reading file:|^reading file:|dial tcp|no such host/.test(
    reason,
  )
}

/** Whether a directory holds only tests, which some commands refuse. */
export function hasOnlyTests(output: string): boolean {
  return /: no non-test Go files in /.test(output)
}

/** Returns the address of a server that answered 429 or 503. Go prints only the address, not its Retry-After. */
export function busyAddress(output: string): string | undefined {
  return /\breading (https?:\/\/\S+): (?:429|503) [A-Z]/.exec(output)?.[1]
}
