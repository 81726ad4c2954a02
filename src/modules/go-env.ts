/** The variables of `go env` that decide what a build makes (cmd/go/internal/work/exec.go, buildActionID). */
export const buildVariables = [
  'GOOS',
  'GOARCH',
  'GO386',
  'GOAMD64',
  'GOARM',
  'GOARM64',
  'GOMIPS',
  'GOMIPS64',
  'GOPPC64',
  'GORISCV64',
  'GOWASM',
  'GOEXPERIMENT',
  'GOFIPS140',
  'GOFLAGS',
  'GCCGO',
  'CGO_ENABLED',
  'CC',
  'CXX',
  'FC',
  'AR',
] as const

/** The variables of `go env` that say what Go this is and where it keeps its things. */
export const placeVariables = ['GOVERSION', 'GOROOT', 'GOENV', 'GOMODCACHE', 'GOCACHE'] as const

/**
 * More variables that decide what a build makes. `go env` answers for them only after it has started the C
 * compiler and made GOCACHE (cmd/go/internal/envcmd/env.go, ExtraEnvVarsCostly), so the environment is asked.
 */
export const compilerVariables = [
  'CGO_CFLAGS',
  'CGO_CPPFLAGS',
  'CGO_CXXFLAGS',
  'CGO_FFLAGS',
  'CGO_LDFLAGS',
  'PKG_CONFIG',
] as const
