/** Every output of the action with its description, declared once. */
export const outputs = {
  'cache-hit': '`true` when `modules-cache` is `exact`.',
  'modules-cache':
    '`exact` (same module graph, or all there already), `partial` (another graph), `miss` or `off`.',
  'build-cache': '`exact` (same source), `partial` (another part of the key differs), `miss` or `off`.',
  'modules-cache-key':
    'The key that was looked for; a saved entry’s key goes on with a digest of what is in it.',
  'modules-cache-matched-key': 'The key of the entry that was restored; empty if there was none.',
  'build-cache-key':
    'The key that was looked for; a saved entry’s key goes on with a digest of what is in it.',
  'build-cache-matched-key': 'The key of the entry that was restored; empty if there was none.',
  'vendor-changed':
    '`true` when `dependencies: vendor` changed the vendor directory, `false` when it was up to date already.',
  'vendor-patch':
    'Path of a patch with what `dependencies: vendor` changed, for `git apply`; not set where nothing changed.',
  'offline-env-file':
    'Path of a file with the variables of `offline` as `NAME=value` lines, for `docker run --env-file` or a shell; set with `offline` or `offline-check`.',
  'bundle-path': 'Absolute path of the file that `bundle-output` wrote.',
  'bundle-sha256': 'Its SHA-256 in hexadecimal, for `bundle-sha256` or an attestation.',
  'bundle-size': 'Its length in bytes.',
  'bundle-modules': 'How many module versions are in it.',
  'go-version': 'The Go version that builds these modules, such as `1.26.0`.',
  gomodcache: 'The directory of the module cache.',
  gocache: 'The directory of the build cache.',
} as const

/** The name of an output, as users write it. */
type OutputName = keyof typeof outputs

/** The outputs with their values; unknown ones are absent. */
export type Outputs = { readonly [Name in OutputName]?: string }
