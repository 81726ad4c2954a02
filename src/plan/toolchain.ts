import * as path from 'node:path'
import type { Inputs } from '../inputs/inputs.ts'
import { sumsOf } from '../modules/roots.ts'
import { matchesModulePatterns } from '../modules/settings/match-patterns.ts'
import { type CacheFacts, type CachePlan, firstParts, goVersion, noDirectory } from './caches.ts'
import { type KeyPart, keyText, makeKey } from './keys.ts'

const toolchainModule = 'golang.org/toolchain'

/** What decides whether the go command asks the checksum database about a toolchain. */
export interface DatabaseLookup {
  /** What a variable of the go command is set to; empty when it is not set. */
  readonly settings: (name: string) => string
  /** GOPROXY of the later steps of a job that is kept off the network; empty where none is. */
  readonly sealedSource: string
}

/** What is to happen with the Go that the go command fetches by itself. */
export interface ToolchainPlan {
  readonly plan: CachePlan
  /** Its module as `path@version`; empty when none is fetched. */
  readonly name: string
}

/**
 * Plans the entry for the Go that the go command fetches by itself, because a go.mod or GOTOOLCHAIN asks for
 * another one than is installed. It is large and changes rarely, so it lives apart from the modules.
 *
 * @param lookup what decides whether the go command compares a toolchain with the checksum database
 */
export function planToolchainCache(
  inputs: Pick<Inputs, 'cache-modules' | 'bundle'>,
  facts: Pick<CacheFacts, 'roots' | 'go'>,
  lookup: DatabaseLookup,
): ToolchainPlan {
  const name = fetchedToolchain(facts)
  const off = (why: string, expected?: true): ToolchainPlan => ({
    plan: { wanted: false, why, ...(expected === undefined ? {} : { expected }) },
    name,
  })
  if (name === '') return off('the installed Go builds the modules', true)
  if (!inputs['cache-modules']) return off('input `cache-modules` is false', true)
  const { env } = facts.go
  if (!path.isAbsolute(env.GOMODCACHE ?? '')) return off(noDirectory('GOMODCACHE'))
  const unproven = unprovenReason(inputs, facts, lookup)
  if (unproven !== undefined) return off(`nothing would prove the toolchain: ${unproven}`)
  const parts: readonly KeyPart[] = [
    ...firstParts('toolchain', ''),
    { name: 'go', value: keyText(goVersion(facts)), of: 'effective Go version' },
    { name: 'system', value: keyText(env.GOHOSTOS ?? ''), of: 'operating system' },
    { name: 'architecture', value: keyText(env.GOHOSTARCH ?? ''), of: 'architecture' },
  ]
  const why = `${env.GOVERSION} is installed, and ${goVersion(facts)} is asked for`
  return { plan: { wanted: true, key: makeKey(parts, parts.length), why }, name }
}

/**
 * Why the go command would run a toolchain without asking the checksum database, or might; undefined when it asks.
 *
 * cmd/go/internal/modfetch/sumdb.go, useSumDB: it asks although GOSUMDB is off or GONOSUMDB matches. Where GOPROXY is one
 * folder, or git is told of the Go project's own proxy, these two count, and a sealed job has GONOSUMDB=*. Each of them
 * alone is enough here: later steps may add the other.
 */
function unprovenReason(
  { bundle }: Pick<Inputs, 'bundle'>,
  { roots, go }: Pick<CacheFacts, 'roots' | 'go'>,
  { settings, sealedSource }: DatabaseLookup,
): string | undefined {
  const isFolder = (goproxy: string) => {
    const sources = goproxy.split(/[,|]/).map((one) => one.trim())
    const counting = sources.filter((one) => one !== '' && one !== 'off')
    return counting.length === 1 && /^file:/i.test(counting[0] ?? '')
  }
  const excluding = ['GONOSUMDB', 'GOPRIVATE', 'GONOSUMCHECK', 'GOINSECURE'].find((name) =>
    matchesModulePatterns(trimmedPatterns(settings(name)), toolchainModule),
  )
  if (bundle !== '') return 'with `bundle`, Go may take one from a folder'
  if ([go.env.GOPROXY ?? '', settings('GOPROXY'), sealedSource].some(isFolder)) return 'GOPROXY is one folder'
  if (settings('GOSUMDB').trim() === 'off') return 'GOSUMDB is off'
  if (excluding !== undefined) return `${excluding} is "${settings(excluding)}"`
  // Go knows no such variable, and whoever sets it without a pattern means every module.
  if (/^[^.,/]+$/.test(settings('GONOSUMCHECK'))) return `GONOSUMCHECK is "${settings('GONOSUMCHECK')}"`
  if (settings('GIT_HTTP_USER_AGENT').includes('golang.org'))
    return 'GIT_HTTP_USER_AGENT names the module proxy of Go'
  // Some versions believe that line and not the database (CVE-2026-94447).
  const isInSums = roots
    .flatMap(sumsOf)
    .some(({ trees, goMods }) => [...trees, ...goMods].some((module) => module.path === toolchainModule))
  return isInSums ? `go.sum names ${toolchainModule}` : undefined
}

/** Go takes a blank beside a comma for a part of the pattern; its author did not. */
function trimmedPatterns(patterns: string): string {
  return patterns
    .split(',')
    .map((one) => one.trim())
    .join(',')
}

/**
 * The toolchain module that the go command fetches, as `path@version`; empty when it fetches none
 * (cmd/go/internal/toolchain/select.go, Exec: with GOTOOLCHAIN=path it only looks on PATH).
 */
export function fetchedToolchain({ roots, go }: Pick<CacheFacts, 'roots' | 'go'>): string {
  const version = goVersion({ roots, go })
  const { GOVERSION = '', GOHOSTOS = '', GOHOSTARCH = '' } = go.env
  if (version === GOVERSION || /(?:^|\+)path$/.test(go.toolchainSetting)) return ''
  return `${toolchainModule}@v0.0.1-${version}.${GOHOSTOS}-${GOHOSTARCH}`
}
