/** Every output of the action and of `restore` with its description, declared once. */
export const outputs = {
  'cache-hit': '`true` when `modules-cache` is `exact`.',
  'modules-cache':
    '`exact` (same module graph, or no module was missing), `partial` (another graph), `miss` or `off`.',
  'build-cache': '`exact` (same source), `partial` (another key part differs), `miss` or `off`.',
  'cache-backend': 'Where the caches are: `github`, `toolkit` or `s3`.',
  'modules-cache-key': 'The requested key; a saved entry adds a digest of its content.',
  'modules-cache-matched-key': 'The key of the restored entry; empty without one.',
  'build-cache-key': 'The requested key; a saved entry adds a digest of its content.',
  'build-cache-matched-key': 'The key of the restored entry; empty without one.',
  'vendor-changed':
    '`true` when `dependencies: vendor` changed the vendor directory, `false` when it was up to date.',
  'vendor-patch':
    'Path of a patch with the changes of `dependencies: vendor`, for `git apply`; not set without changes.',
  'offline-env-file':
    'Path of a file with the variables of `offline` as `NAME=value` lines, for `docker run --env-file` or a shell; set with `offline` or `offline-check`.',
  'bundle-path': 'Absolute path of the file that `bundle-output` wrote.',
  'bundle-sha256': 'SHA-256 of the bundle in hexadecimal, for `bundle-sha256` or an attestation.',
  'bundle-size': 'Size of the bundle in bytes.',
  'bundle-modules': 'Number of module versions in the bundle.',
  'go-version': 'The Go version that builds these modules, such as `1.26.0`.',
  gomodcache: 'The directory of the module cache.',
  gocache: 'The directory of the build cache.',
} as const

/** The name of an output, as users write it. */
type OutputName = keyof typeof outputs

/** The outputs with their values; unknown ones are absent. */
export type Outputs = { readonly [Name in OutputName]?: string }

/** Every output of `save` with its description, declared once. */
export const saveOutputs = {
  'modules-saved': '`true` when this step saved an entry of modules, else `false`.',
  'modules-saved-key': 'The key of that entry; one per line if there are several, empty without one.',
  'build-saved': '`true` when this step saved an entry of the build cache, else `false`.',
  'build-saved-key': 'The key of that entry; one per line if there are several, empty without one.',
} as const

/** The outputs of `save` with their values. */
export type SaveOutputs = { readonly [Name in keyof typeof saveOutputs]: string }
