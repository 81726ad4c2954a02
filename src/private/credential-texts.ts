/** What credentials look like to git and to the go command. */
import type { Credential } from '../modules/settings/credentials.ts'

/**
 * What git's helper answers, for one credential (git-credential(1), "INPUT/OUTPUT FORMAT").
 */
export function helperAnswer({ user = '', password }: Credential): string {
  return `username=${user}\npassword=${password}\n`
}

/**
 * A git configuration in which each credential is what git offers for addresses that begin so, once the server asks for one.
 * A helper, and no header: where another step has set a header for the same host, as actions/checkout does in its checkout,
 * git never asks for a second one, and GitHub refuses two. Helpers of the user are left out for these addresses alone
 * (gitcredentials(7), "CONFIGURATION OPTIONS": the address is matched with its path, and an empty helper clears the list).
 * The last section that fits is the one that counts, so longer paths come later. Servers name a repository with `.git` as
 * well, which is another path to git.
 *
 * @param credentials what opens which addresses
 * @param answerFile absolute path of the file with the answer for the credential at this index
 */
export function gitConfig(credentials: readonly Credential[], answerFile: (index: number) => string): string {
  return credentials
    .map((credential, index) => ({ ...credential, index }))
    .sort((a, b) => a.path.length - b.path.length)
    .map(({ host, path, index }) => {
      const address = `https://${[host, path].filter(Boolean).join('/')}`
      // Git runs it in a shell, on Windows in its own one, which knows paths with slashes.
      const file = answerFile(index).replaceAll('\\', '/').replaceAll("'", `'\\''`)
      const command = `!f() { test "$1" = get && cat '${file}'; }; f`
      const helper = `\thelper =\n\thelper = "${command.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`
      const addresses = path === '' ? [address] : [address, `${address}.git`]
      return addresses.map((one) => `[credential "${one}"]\n${helper}`).join('')
    })
    .join('')
}

/**
 * A netrc file for the go command's own requests. Ours come first, because of several for a host it takes the first one
 * (cmd/go/internal/auth/auth.go). Since Go 1.24 a machine may have a path; an older Go never finds such a line, and the
 * credential is git's alone there. Go asks where a repository is with a query behind its path, and matches by whole
 * elements of the path.
 *
 * @param credentials what opens which addresses
 * @param before the file that is used else; empty if there is none
 */
export function netrc(credentials: readonly Credential[], before: string): string {
  const lines = credentials.map(({ host, path, user, password }) => {
    const machine = [host, path].filter(Boolean).join('/')
    const machines = path === '' ? [machine] : [machine, `${machine}?go-get=1`]
    return machines.map((one) => `machine ${one} login ${user} password ${password}\n`).join('')
  })
  return `${lines.join('')}${before}`
}
