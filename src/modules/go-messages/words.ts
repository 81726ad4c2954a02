/** Go's own words, made fit to be shown. */

// In `user:pass/word@` the slash belongs to the password, in `host:8080/path@v` it does not.
const userinfo = /(\w:\/\/)(?:[^\s/'"]*@|[^\s/:@'"[]+:(?!\d*\/)[^\s@'"]*@)/g

/** A text without user and password in its URLs: both may be secrets, and Go hides only the password. */
export function withoutUserinfo(text: string): string {
  return text.replaceAll(userinfo, '$1')
}

/** What cmd/go prints before anything is wrong (modfetch/fetch.go, modload/import.go, modload/load.go). */
const progress = /^go: (?:downloading \S+ \S+|finding module for package \S+|found \S+ in \S+ \S+)$/

/** Longer lines are no words for people, and would make the search through them slow. */
const longest = 4_000

/** A text with LF line ends, without Go's progress lines and without user and password in its URLs. */
export function settled(output: string): string {
  return withoutUserinfo(output.replaceAll('\r\n', '\n'))
    .split('\n')
    .filter((line) => !progress.test(line))
    .map((line) => line.slice(0, longest))
    .join('\n')
}

/**
 * Go's words without those of servers, which it shows indented (cmd/go/internal/web/api.go, HTTPError): they may
 * tell of the server's own git and disk.
 */
export function withoutAnswers(text: string): string {
  return text.replaceAll(/\n\tserver response:.*(?:\n\t.*)*/g, '')
}

/** The modules, as `path@version`, that Go said it would download. */
export function announced(output: string): readonly string[] {
  return [...output.matchAll(/^go: downloading (\S+) (v\S+)\r?$/gm)].map(
    ([, path, version]) => `${path}@${version}`,
  )
}
