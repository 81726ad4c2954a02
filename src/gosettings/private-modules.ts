/** The rules for GOPRIVATE, and for the variables whose default it is. */

/** Returns the value of a variable of the go command; empty when it is not set. */
export type GoSettingLookup = (name: string) => string

/**
 * Returns the patterns of modules that Go fetches from their origin, not from a proxy: GONOPROXY, whose default is
 * GOPRIVATE (`go help private`).
 *
 * @returns patterns, separated by `,`; `none` matches no module
 */
export function noProxyPatterns(setting: GoSettingLookup): string {
  return setting('GONOPROXY') || setting('GOPRIVATE')
}

/**
 * Returns the patterns of modules that GONOSUMDB, whose default is GOPRIVATE, keeps from the checksum database.
 *
 * @returns patterns, separated by `,`; `none` matches no module
 */
export function noSumdbPatterns(setting: GoSettingLookup): string {
  return setting('GONOSUMDB') || setting('GOPRIVATE')
}

/**
 * Returns the patterns of modules that Go verifies with no checksum database (cmd/go/internal/modfetch/sumdb.go,
 * useSumDB): all of them with GOSUMDB=off.
 *
 * @param setting looks up the output of `go env`: `$GOROOT/go.env` may set GOSUMDB, and only the go command reads it
 */
export function uncheckedPatterns(setting: GoSettingLookup): string {
  return setting('GOSUMDB') === 'off' ? '*' : noSumdbPatterns(setting)
}

/**
 * Returns the patterns of private modules, separated by `,`. It drops a pattern for all modules, because such a pattern
 * does not make a module private: a company's proxy may serve everything.
 */
export function privatePatterns(setting: GoSettingLookup): string {
  const patterns = ['GOPRIVATE', 'GONOPROXY', 'GONOSUMDB'].flatMap((name) => setting(name).split(','))
  return [...new Set(patterns.map((one) => one.trim()))]
    .filter((one) => !['', '*', 'none'].includes(one))
    .join(',')
}

/**
 * Returns the variable that is the default of a pattern variable; undefined without such a default.
 */
export function defaultOfPatterns(name: string): 'GOPRIVATE' | undefined {
  return name === 'GONOPROXY' || name === 'GONOSUMDB' ? 'GOPRIVATE' : undefined
}
