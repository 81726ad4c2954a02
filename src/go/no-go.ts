import type { Problem } from '../inputs/problem.ts'
import { alternatives, type GoWish } from '../modules/go-release.ts'
import type { GoPlatform } from '../modules/go-release-list.ts'

/**
 * What to tell of a Go that does not exist.
 *
 * @param versions the releases that do, for this machine, as in `go1.24.3`
 * @param where whose list that is
 */
export function noSuchGo(
  wish: GoWish,
  versions: readonly string[],
  { os, arch }: GoPlatform,
  where: string,
): Problem {
  const { spec, text } = wish
  const { newest, nearest } = alternatives(versions, spec)
  const isOne = spec.kind === 'exact'
  const offers = [
    ...(newest === undefined ? [] : [`the newest is ${newest.slice(2)}`]),
    ...(nearest === undefined ? [] : [`the nearest of its line is ${nearest.slice(2)}`]),
  ]
  const none = `${where} has ${isOne ? 'no such release' : 'no release that matches'} for ${os}/${arch}`
  const mend = isOne
    ? 'Ask for one that exists, or for a line such as 1.24 to get its newest release.'
    : 'Widen the range, or ask for a version that exists.'
  return about(wish, `asks for Go ${text}, and ${[none, ...offers].join('; ')}`, mend)
}

/**
 * What to tell when no source can be used.
 *
 * @param tried what is wrong with each source, a sentence part each
 * @param only the address that alone may serve it, because the user named it and it answers, without its secrets
 */
export function noSourceOfGo(wish: GoWish, tried: readonly string[], only?: string): Problem {
  return about(
    wish,
    `asks for Go ${wish.text}, and it cannot be had: ${tried.join('. ')}`,
    only === undefined
      ? 'Put this Go into the tool cache, name a mirror with `go-download-base-url` or a proxy with `goproxy` that can ' +
          'be reached, or run where a Go 1.21 or newer is on PATH to fetch it.'
      : `${only} was named with \`go-download-base-url\` or GO_DOWNLOAD_BASE_URL and answers, so nobody else is asked: ` +
          "put this Go there, with its SHA-256 beside it, or remove the address to have Go's own release.",
  )
}

function about({ from, file }: GoWish, what: string, mend: string): Problem {
  const name = from.charAt(0).toUpperCase() + from.slice(1)
  return file === undefined
    ? { what: `${name} ${what}`, allowed: '', mend }
    : { what: `${file} ${what}`, allowed: '', mend, file }
}
