/** What credentials look like to git and to the go command. */
import type { Credential } from '../modules/settings/credentials.ts'

/**
 * What git's helper answers, for one credential (git-credential(1), "INPUT/OUTPUT FORMAT").
 */
export function helperAnswer({ user, password }: Credential): string {
  return `username=${user}\npassword=${password}\n`
}

/**
 * A git configuration in which each credential is what git offers for addresses that begin so, once the server asks for one.
 * A helper, and no header: where another step has set a header for the same host, as actions/checkout does in its checkout,
 * git never asks for a second one, and GitHub refuses two. Helpers of the user are left out for these addresses alone
 * (gitcredentials(7), "CONFIGURATION OPTIONS": the address is matched with its path, and an empty helper clears the list).
 *
 * @param credentials what opens which addresses
 * @param answerFile absolute path of the file with the answer for the credential at this index
 */
export function gitConfig(credentials: readonly Credential[], answerFile: (index: number) => string): string {
  return credentials
    .map(({ host, path }, index) => {
      const address = `https://${[host, path].filter(Boolean).join('/')}`
      // Git runs it in a shell, on Windows in its own one, which knows paths with slashes.
      const file = answerFile(index).replaceAll('\\', '/').replaceAll("'", `'\\''`)
      const command = `!f() { test "$1" = get && cat '${file}'; }; f`
      return `[credential "${address}"]\n\thelper =\n\thelper = "${command.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`
    })
    .join('')
}

/**
 * A netrc file for the go command's own requests. Ours come first, because of several for a host it takes the first one
 * (cmd/go/internal/auth/auth.go). Since Go 1.24 a machine may have a path; an older Go never finds such a line, and the
 * credential is git's alone there.
 *
 * @param credentials what opens which addresses
 * @param before the file that is used else; empty if there is none
 */
export function netrc(credentials: readonly Credential[], before: string): string {
  const lines = credentials.map(({ host, path, user, password }) => {
    const machine = [host, path].filter(Boolean).join('/')
    return `machine ${machine} login ${user} password ${password}\n`
  })
  return `${lines.join('')}${before}`
}
