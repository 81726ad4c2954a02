import * as path from 'node:path'
import type { Inputs } from '../inputs/inputs.ts'
import { type CacheFacts, type CachePlan, firstParts, goVersion, noDirectory } from './caches.ts'
import { type KeyPart, keyText, makeKey } from './keys.ts'

/** What is to happen with the Go that the go command fetches by itself. */
export interface ToolchainPlan {
  readonly plan: CachePlan
  /** Its module as `path@version`; empty when none is fetched. */
  readonly name: string
}

/**
 * Plans the entry for the Go that the go command fetches by itself, because a go.mod or GOTOOLCHAIN asks for
 * another one than is installed. It is large and changes rarely, so it lives apart from the modules.
 */
export function planToolchainCache(
  inputs: Pick<Inputs, 'cache-modules'>,
  facts: Pick<CacheFacts, 'roots' | 'go'>,
): ToolchainPlan {
  const name = fetchedToolchain(facts)
  const off = (why: string, expected?: true): ToolchainPlan => ({
    plan: { wanted: false, why, ...(expected === undefined ? {} : { expected }) },
    name,
  })
  if (name === '') return off('the installed Go builds the modules', true)
  if (!inputs['cache-modules']) return off('input `cache-modules` is false')
  const { env } = facts.go
  if (!path.isAbsolute(env.GOMODCACHE ?? '')) return off(noDirectory('GOMODCACHE'))
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
 * The toolchain module that the go command fetches, as `path@version`; empty when it fetches none
 * (cmd/go/internal/toolchain/select.go, Exec: with GOTOOLCHAIN=path it only looks on PATH).
 */
export function fetchedToolchain({ roots, go }: Pick<CacheFacts, 'roots' | 'go'>): string {
  const version = goVersion({ roots, go })
  const { GOVERSION = '', GOHOSTOS = '', GOHOSTARCH = '' } = go.env
  if (version === GOVERSION || /(?:^|\+)path$/.test(go.toolchainSetting)) return ''
  return `golang.org/toolchain@v0.0.1-${version}.${GOHOSTOS}-${GOHOSTARCH}`
}
