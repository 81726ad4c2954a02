/** A program that gives bearer tokens to the go command (`go help goauth`; cmd/go/internal/auth/userauth.go). */
import type { Credential } from '../modules/settings/credentials.ts'

/**
 * The program, for Node: it prints what each address is opened by. Go runs it before its first request over https, and
 * once more where a server refuses; its answer is the same. Go takes the longest address that fits by whole elements of
 * the path, and asks where a repository is with a query behind its path.
 */
export function goauthProgram(bearers: readonly Credential[]): string {
  const answer = bearers.map(({ host, path, password }) => {
    const address = `https://${[host, path].filter(Boolean).join('/')}`
    const addresses = path === '' ? [address] : [address, `${address}?go-get=1`]
    return `${addresses.join('\n')}\n\nAuthorization: Bearer ${password}\n\n`
  })
  return `require("node:fs").writeFileSync(1, ${JSON.stringify(answer.join(''))})\n`
}

/**
 * The command that runs it, as GOAUTH takes one: Go splits it at blanks, and quotes can stand around a whole word, with
 * nothing escaped in them (cmd/internal/quoted, Split). Commands are split at `;` before, quotes or not.
 *
 * @param words the program and its arguments
 * @throws RangeError when a word cannot be written so
 */
export function goauthCommand(words: readonly string[]): string {
  return words
    .map((word) => {
      if (/[;\r\n]/.test(word) || (word.includes('"') && word.includes("'")))
        throw new RangeError(
          `GOAUTH cannot hold the path ${word}, which bearer tokens need: it has a ; or quotes`,
        )
      if (!/[\s"']/.test(word)) return word
      return word.includes('"') ? `'${word}'` : `"${word}"`
    })
    .join(' ')
}
