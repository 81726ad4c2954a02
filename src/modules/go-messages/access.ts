/** Messages about modules that somebody without credentials may not read. */
import { matchesModulePatterns } from '../settings/match-patterns.ts'
import { moduleNamed, moduleVersions } from './explanation.ts'

/** Words of git, ssh and Go for a server that wants to know who asks. */
const refused =
  /terminal prompts disabled|could not read (?:Username|Password) for|Authentication failed for|returned error: 40[13]\b|: 40[13] [A-Z]|Permission denied \(/
/** Words for what is not there, as servers also say of what is not to be seen. */
const unseen =
  /returned error: 4(?:04|10)\b|: 4(?:04|10) [A-Z]|repository '[^']*' not found|Repository not found|does not appear to be a git repository/

/**
 * Whether a download may have failed for want of credentials.
 *
 * @param output what the go command printed
 * @param patterns patterns of private modules, separated by `,`; where there are none, any module may be private
 */
export function mayLackCredentials(output: string, patterns: string): boolean {
  if (refused.test(output)) return true
  if (!unseen.test(output)) return false
  const named = [...output.matchAll(moduleVersions)].map(([name]) => moduleNamed(name).path)
  return patterns === '' || named.some((name) => matchesModulePatterns(patterns, name))
}
