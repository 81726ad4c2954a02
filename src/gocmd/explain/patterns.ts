/** Patterns for transient failures, and for failures caused by missing credentials. */

import { matchesModulePatterns } from '../../gosettings/module-patterns.ts'
import { moduleNamed, moduleVersions } from './message.ts'

/**
 * Transient failures: too many requests, server errors, timeouts and broken connections.
 * The wording is that of cmd/go/internal/modfetch/proxy.go ("reading URL: 503 Service Unavailable"), of
 * Go's net package, and of git.
 */
const passing = [
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
const lasting = [/checksum mismatch|SECURITY ERROR/, /: (400|401|403|404|410) [A-Z]/]

/** Whether the output of a command shows a transient failure, so that a retry may succeed. */
export function isTransient(output: string): boolean {
  return passing.some((pattern) => pattern.test(output)) && !lasting.some((pattern) => pattern.test(output))
}

/** Messages of git, ssh and Go about a server that requires authentication. */
const refused =
  /terminal prompts disabled|could not read (?:Username|Password) for|Authentication failed for|returned error: 40[13]\b|: 40[13] [A-Z]|Permission denied \(/

/** Messages about missing content, which servers also send for content that the user may not read. */
const unseen =
  /returned error: 4(?:04|10)\b|: 4(?:04|10) [A-Z]|repository '[^']*' not found|Repository not found|does not appear to be a git repository/

/**
 * Whether a download may have failed because of missing credentials.
 *
 * @param output what the go command printed
 * @param patterns patterns of private modules, separated by `,`; if there are none, any module may be private
 */
export function mayNeedCredentials(output: string, patterns: string): boolean {
  if (refused.test(output)) return true
  if (!unseen.test(output)) return false
  const named = [...output.matchAll(moduleVersions)].map(([name]) => moduleNamed(name).path)
  return patterns === '' || named.some((name) => matchesModulePatterns(patterns, name))
}
