const below = (folder: string) => `__tests__/${folder}/**/*.test.ts`

/** Whole jobs through the committed bundles that need no program of Unix; those of `windows/` show what is special there. */
const jobs = ['check-vendor', 'fallbacks', 'installing', 'offline', 'select', 'test-results', 'vendoring']

/**
 * What runs on Windows: everything but checks of texts, of the test bed itself and of act, which are the same there. Under
 * Wine the parts run one after the other, so that a crash of Wine costs only one of them.
 */
export const parts: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['auth', 'checkout', 'gocmd', 'platform', 'setup-go', 'testcache', 'validate'].map((name) => [
      name,
      [below(name)],
    ]),
  ),
  small: ['dependencies', 'offline'].map(below),
  cache: ['__tests__/cache/*.test.ts', ...['gocache', 'gomodcache'].map((name) => below(`cache/${name}`))],
  archive: [below('cache/archive')],
  store: [below('cache/store')],
  bundle: jobs.map((name) => `__tests__/bundle/${name}.test.ts`),
  windows: ['jobs', 'slice'].map((name) => below(`windows/${name}`)),
}

/** A part that needs no program which has to be compiled first: no git, no tar, no zstd. */
export const slice: readonly string[] = [
  '__tests__/cache/archive/!(single-file).test.ts',
  below('windows/slice'),
]

/** Jobs of two systems that share a cache service; they run on Linux and start those of Windows under Wine. */
export const acrossSystems: readonly string[] = [below('windows/across')]

/** Names the part to run, `pure` and `slice` among them; all of them if it is not set. */
export const partVariable = 'WINDOWS_PART'
