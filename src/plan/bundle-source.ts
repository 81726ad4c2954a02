import { redactedGoproxy } from '../modules/settings/goproxy.ts'
import type { PlannedVariable } from './environment.ts'

/** A bundle that serves its modules as a GOPROXY. */
export interface BundleSource {
  /** `file:///…` of the tree, as GOPROXY takes it. */
  readonly url: string
  /** The toolchain modules in it, such as `golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64`. */
  readonly toolchains: readonly string[]
  /** Names of the checksum databases of which it holds what they say of its modules, and that it serves. */
  readonly sumdb: readonly string[]
}

/**
 * GOPROXY where modules come from a bundle first. What the bundle lacks is still looked for where it was before, because
 * the go command goes on behind a `,` when a file is not there, and only then: one that is there and cannot be read is an
 * error, and not a reason to ask the network (go.dev/ref/mod, "GOPROXY protocol").
 *
 * GONOPROXY stays as it is: modules that it keeps from proxies are not asked for in a bundle, either, for without it
 * their names would be told to the proxies behind the bundle.
 *
 * @param source the bundle
 * @param before GOPROXY as the go command had it, defaults included
 */
export function bundleVariables({ url }: BundleSource, before: string): readonly PlannedVariable[] {
  // With `off` behind it, a bundle would not be the only source to the go command, which then wants a checksum database
  // for toolchains (cmd/go/internal/modfetch/sumdb.go, useSumDB); there is nothing behind it all the same.
  const rest = ['', 'off'].includes(before.trim()) ? '' : `,${before}`
  const shown = rest === '' ? '' : `,${redactedGoproxy(before)}`
  const why = 'input `bundle`'
  return [{ name: 'GOPROXY', value: `${url}${rest}`, shown: `${url}${shown}`, why }]
}
