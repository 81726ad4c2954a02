/** The base address of Go downloads: which one may be given, and under which name its Go is kept. */

import { createHash } from 'node:crypto'
import { urlFault } from './goproxy.ts'
import type { Setting } from './module-patterns.ts'

/** Where Go itself publishes its releases. */
export const defaultDownloadBase = 'https://go.dev/dl'

const example = 'write it as in "https://mirror.example.com/go"'

/**
 * Checks a base address of Go downloads: names of files, and a query for the list of releases, are put behind it.
 *
 * @param text the address; empty means that none is given
 * @returns the address without slashes at its end; its faults show no secret
 */
export function readDownloadBase(text: string): Setting {
  const address = text.trim()
  if (address === '') return { value: '' }
  const fault = addressFault(address)
  if (fault !== undefined) return { fault: `it ${fault}` }
  const value = address.replace(/^https?/i, (scheme) => scheme.toLowerCase()).replace(/\/+$/, '')
  return URL.canParse(value) ? { value } : { fault: 'it has no valid host' }
}

/**
 * The name in the tool cache of a Go from a base address. What a mirror serves may be a build of its own, so only
 * that of the default address has the name that runner images use. The others' names are those of actions/setup-go
 * (its src/installer.ts, customToolCacheName), as long as no password is in the address: that is left out here,
 * because another password makes no other Go.
 *
 * @param base without slashes at its end
 * @returns `go`, or such as `go-1a2b3c4d`
 */
export function toolCacheName(base: string): string {
  if (base === defaultDownloadBase) return 'go'
  const address = base.replace(/^([a-z]+:\/\/).*@/is, '$1')
  return `go-${createHash('sha256').update(address).digest('hex').slice(0, 8)}`
}

function addressFault(address: string): string | undefined {
  if (!/^https?:\/\//i.test(address)) return `is no https or http address: ${example}`
  const rest = address.slice(address.lastIndexOf('@') + 1)
  if (/\s/.test(address))
    return 'holds a blank: one address can be given, and in a path a blank is written as %20'
  if (/[?#]/.test(rest)) return `has a query or fragment: it must end with its path, so ${example}`
  if (/^http:\/\/.*@/i.test(address)) {
    return 'sends a user name or password over http, which everybody on the way can read: use https'
  }
  return urlFault(address)
}
