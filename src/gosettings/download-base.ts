/** The base address of Go downloads: its validation, and the name of its Go in the tool cache. */

import { createHash } from 'node:crypto'
import { urlFault } from './goproxy.ts'
import type { Setting } from './module-patterns.ts'

/** The address at which the Go project publishes its releases. */
export const defaultDownloadBase = 'https://go.dev/dl'

const example = 'write it as in "https://mirror.example.com/go"'

/**
 * Checks a base address of Go downloads. File names, and a query for the list of releases, are appended to it.
 *
 * @param text the address; empty means that it is not set
 * @returns the address without trailing slashes; a fault shows no secret
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
 * Returns the name in the tool cache of a Go from a base address. A mirror may serve its own builds, so only Go from
 * the default address gets the name that runner images use. The names for other addresses are those of
 * actions/setup-go (its src/installer.ts, customToolCacheName), except for addresses with a password. This function
 * ignores the password, because another password does not change the Go.
 *
 * @param base the address without trailing slashes
 * @returns `go`, or a name such as `go-1a2b3c4d`
 */
export function toolCacheName(base: string): string {
  if (base === defaultDownloadBase) return 'go'
  const address = base.replace(/^([a-z]+:\/\/).*@/is, '$1')
  return `go-${createHash('sha256').update(address).digest('hex').slice(0, 8)}`
}

function addressFault(address: string): string | undefined {
  if (!/^https?:\/\//i.test(address)) return `is not an https or http address: ${example}`
  const rest = address.slice(address.lastIndexOf('@') + 1)
  if (/\s/.test(address)) return 'holds a blank: write one address, with a blank in its path as %20'
  if (/[?#]/.test(rest)) return `has a query or fragment: it must end with its path, so ${example}`
  if (/^http:\/\/.*@/i.test(address)) {
    return 'sends a user name or password unencrypted over http: use https'
  }
  return urlFault(address)
}
