/** How git is led from https to ssh (git-config(1), `url.<base>.insteadOf`). */
import type { SshAddress, SshServer } from './ssh-address.ts'

/** Of an address that begins with `from`, this becomes `to`. Of several that fit git takes the longest `from`. */
export interface Rewrite {
  readonly from: string
  readonly to: string
}

/** What is below a host and a path, without slashes around it. */
interface Place {
  readonly host: string
  readonly path: string
}

/** What the name of a repository can go on with: then it is another one. */
const nameCharacters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~+%-']

/**
 * Leads what is at some addresses, or below them, to ssh, and nothing else: git compares letters, not elements of a path, so
 * that a rule for `acme/lib` would take `acme/library` along. For each letter that such a name can go on with there is
 * a longer rule, which leads to where it leads without the one.
 *
 * @param addresses what is fetched by ssh
 * @param kept what stays as it is although it is below one of them
 * @param existing the rules that git has already
 * @returns rules to be added to these
 */
export function sshRewrites(
  addresses: readonly SshAddress[],
  kept: readonly Place[],
  existing: readonly Rewrite[],
): readonly Rewrite[] {
  const staying = kept.filter(
    (one) => addresses.some((over) => isBelow(one, over)) && !addresses.some((same) => isSame(one, same)),
  )
  const led = addresses.map((address) => ({ address, to: serverUrl(address.server) }))
  const all = [...led, ...staying.map((address) => ({ address, to: undefined }))].sort(
    (a, b) => httpsUrl(a.address).length - httpsUrl(b.address).length,
  )
  const rules: Rewrite[] = []
  for (const { address, to } of all) {
    const from = httpsUrl(address)
    const base = to ?? rewritten(existing, from)
    if (address.path === '') {
      rules.push({ from: `${from}/`, to: `${base}/` })
      continue
    }
    const before = [...existing, ...rules]
    for (const [ending, rule] of [from, `${from}.git`].map((one) => [one.slice(from.length), one] as const)) {
      rules.push({ from: rule, to: `${base}${ending}` })
      for (const character of nameCharacters) {
        const other = `${rule}${character}`
        rules.push({ from: other, to: rewritten(before, other) })
      }
    }
  }
  return rules
}

/** An address by its rules (remote.c of git, alias_url). */
export function rewritten(rules: readonly Rewrite[], address: string): string {
  let best: Rewrite | undefined
  for (const rule of rules) {
    const isLonger = best === undefined || rule.from.length > best.from.length
    if (address.startsWith(rule.from) && isLonger) best = rule
  }
  return best === undefined ? address : `${best.to}${address.slice(best.from.length)}`
}

/**
 * Reads the rules that git has.
 *
 * @param listing what `git config --null --get-regexp '^url\..*\.insteadof$'` prints
 */
export function readRewrites(listing: string): readonly Rewrite[] {
  return listing.split('\0').flatMap((record) => {
    const [, to, from] = /^url\.(.*)\.insteadof\n(.+)$/s.exec(record) ?? []
    return to === undefined || from === undefined ? [] : [{ from, to }]
  })
}

/** A server's address, without a slash at its end. */
export function serverUrl({ user, host, port, path }: SshServer): string {
  return `ssh://${user}@${host}${port && `:${port}`}${path && `/${path}`}`
}

function httpsUrl({ host, path }: Place): string {
  return `https://${host}${path && `/${path}`}`
}

function isBelow(one: Place, over: Place): boolean {
  return one.host === over.host && (over.path === '' || one.path.startsWith(`${over.path}/`))
}

function isSame(one: Place, other: Place): boolean {
  return one.host === other.host && one.path === other.path
}
