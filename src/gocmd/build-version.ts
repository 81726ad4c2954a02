import type { KeyFacts } from '../cache/index.ts'
import { effectiveGoVersion } from '../gofiles/go-version.ts'

export const toolchainModule = 'golang.org/toolchain'

/** Returns the Go version that builds the modules, such as `go1.26.0`. */
export function buildGoVersion({ roots, go }: Pick<KeyFacts, 'roots' | 'go'>): string {
  const files = roots.flatMap((root) => [
    ...root.modules.map((module) => module.goMod),
    ...(root.goWork === undefined ? [] : [root.goWork]),
  ])
  return effectiveGoVersion({
    local: go.env.GOVERSION ?? '',
    goLines: files.flatMap((file) => file.go ?? []),
    toolchainLines: files.flatMap((file) => file.toolchain ?? []),
    gotoolchain: go.toolchainSetting,
  })
}

/**
 * Returns the toolchain module that the go command fetches, as `path@version`; empty when it fetches none
 * (cmd/go/internal/toolchain/select.go, Exec: with GOTOOLCHAIN=path it only searches PATH).
 */
export function fetchedToolchain({ roots, go }: Pick<KeyFacts, 'roots' | 'go'>): string {
  const version = buildGoVersion({ roots, go })
  const { GOVERSION = '', GOHOSTOS = '', GOHOSTARCH = '' } = go.env
  if (version === GOVERSION || /(?:^|\+)path$/.test(go.toolchainSetting)) return ''
  return `${toolchainModule}@v0.0.1-${version}.${GOHOSTOS}-${GOHOSTARCH}`
}
