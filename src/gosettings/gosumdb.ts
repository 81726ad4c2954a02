/** GOSUMDB: the checksum database by which Go verifies modules that are not in go.sum. */

import { createHash } from 'node:crypto'
import { redactedGoproxy, urlFault } from './goproxy.ts'
import type { Setting } from './module-patterns.ts'

/**
 * Checks a text for GOSUMDB (cmd/go/internal/modfetch/sumdb.go, dbDial). Go itself reads it only when a module is
 * missing in go.sum, and then its error is little more than "malformed verifier id".
 *
 * A URL must also be valid for GOPROXY, which is slightly stricter than Go.
 *
 * @param text `off`, or a name or verifier key (`name+hash+key`), followed by a blank and a URL if the database has
 * another address than its name; empty means that GOSUMDB is not set
 * @returns the fields separated by one blank
 */
export function readGosumdb(text: string): Setting {
  const fields = text.split(/\s+/).filter((field) => field !== '')
  const [database, url] = fields
  if (database === undefined) return { value: '' }
  if (text.includes('PRIVATE+KEY+')) {
    return { fault: "it is a signer's private key: Go needs the matching verifier key" }
  }
  const fault = listFault(fields) ?? databaseFault(database, fields.length)
  if (fault !== undefined) return { fault }
  const address = url === undefined ? undefined : urlFault(url)
  if (address !== undefined) return { fault: `element 2 ("${redactedGoproxy(url ?? '')}") ${address}` }
  return { value: fields.join(' ') }
}

function listFault(fields: readonly string[]): string | undefined {
  if (fields.some((field) => /[,;|]/.test(redactedGoproxy(field)))) {
    return 'it holds a separator: Go uses one database only, written as its name, a blank and its URL'
  }
  return fields.length > 2
    ? `it has ${fields.length} elements: Go accepts a name or key and one URL`
    : undefined
}

function databaseFault(database: string, fields: number): string | undefined {
  const element = `element 1 ("${redactedGoproxy(database)}")`
  if (database === 'off') return fields === 1 ? undefined : `${element} must stand alone`
  if (/^(?:off|none|no|false|0|disabled?|direct)$/i.test(database)) {
    return `${element} is not a database: to use none, write "off"`
  }
  if (database.includes('://'))
    return `${element} is a URL: the name or key of the database comes first, then a blank`
  const [name = '', hash, ...key] = database.split('+')
  if (!isDatabaseName(name))
    return `${element} does not start with a valid name: a host, or a host and a path`
  if (hash !== undefined) return keyFault(name, hash, key.join('+'), element)
  // Go has the key of the Go project's database built in, under two names (cmd/go/internal/modfetch/key.go).
  if (name.split('.').includes('golang')) return undefined
  return `${element} has no key, and Go has none built in: write name+hash+key, as its operator publishes it`
}

/** Whether a name after `https://` is a URL of host and path (sumdb.go, dbDial). */
function isDatabaseName(name: string): boolean {
  return !/[@?#%]|\/$/.test(name) && urlFault(`https://${name}`) === undefined
}

/** Checks a verifier key (golang.org/x/mod/sumdb/note, NewVerifier): hash of name and key; 1 stands for Ed25519. */
function keyFault(name: string, hash: string, key: string, element: string): string | undefined {
  const bytes = Buffer.from(key, 'base64')
  const isComplete = /^[0-9a-f]{8}$/i.test(hash) && bytes.length === 33 && bytes.toString('base64') === key
  if (!isComplete || bytes[0] !== 1)
    return `${element} has an incomplete key: write name+hash+key, as its operator publishes it`
  const expected = createHash('sha256').update(`${name}\n`).update(bytes).digest('hex').slice(0, 8)
  return expected === hash.toLowerCase() ? undefined : `${element} has a key that does not match its name`
}

/** A checksum database, as GOSUMDB names it. */
export interface ChecksumDatabase {
  /** Its name, or its key, which begins with the name and a `+`. */
  readonly key: string
  /** Whether Go contacts it at its own address, independent of GOPROXY. */
  readonly hasAddress: boolean
}
