import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { testbedHasChanged } from './scripts/testbed-digest.ts'
import { hideMachineVariables } from './testbed/environment.ts'

// Before any worker starts, because Node reads NODE_EXTRA_CA_CERTS only then.
hideMachineVariables()

const seconds = 1000
const isFull = process.env.GO_DEPS_FULL !== undefined

/** Minutes each, or workflows of which `bundle/` proves the same through a simulated runner: only in the full run. */
export const long = [
  'bundle/beside-a-live-go',
  'bundle/entries-of-the-build-cache',
  'bundle/killed-at-random',
  'bundle/sealed-toolchain',
  'bundle/twenty-commits',
  'cache/gocache/prune.reuse',
  'e2e/cache-troubles',
  'e2e/go-versions',
  'e2e/kinds-of-jobs',
  'e2e/kinds-of-repositories',
  'e2e/restore-and-save',
  'cache/archive/hash-files.many-modules',
  'testcache/stable-mtimes.go-cache',
].map(inTests)

/** Tests that compute and touch no process, file or variable that another one could see: they share their workers. */
export const pure = ['inputs', 'gofiles', 'gosettings', 'gocmd/explain', 'report', 'text'].map(
  (folder) => `__tests__/${folder}/**/*.test.ts`,
)

const left = [
  ...(isFull ? [] : long),
  ...(isFull || testbedHasChanged() ? [] : ['__tests__/testbed/**']),
  '__tests__/contracts/**',
  '__tests__/windows/**',
]

function inTests(name: string): string {
  return `__tests__/${name}.test.ts`
}

/** The path of a file of the tests' own harness. */
export function inHarness(file: string): string {
  return fileURLToPath(new URL(`__tests__/harness/${file}`, import.meta.url))
}

/** Threads and processes that start from TypeScript take four times as long as those that start from bundles. */
export const bundledEntries = [
  { find: /^\.{1,2}\/entry-url\.ts$/, replacement: inHarness('bundled-entries.ts') },
]

// Two workers: with more, Go builds and real servers in neighbouring files get in each other's way on small machines.
// Workflow runs come after everything else and one at a time, because each of them keeps all cores busy.
export default defineConfig({
  resolve: { alias: bundledEntries },
  test: {
    globalSetup: inHarness('bundle-entries.ts'),
    silent: 'passed-only',
    maxWorkers: 2,
    testTimeout: 120 * seconds,
    hookTimeout: 180 * seconds,
    projects: [
      { extends: true, test: { name: 'pure', include: pure, exclude: left, isolate: false } },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['__tests__/**/*.test.ts'],
          exclude: ['__tests__/e2e/**', ...pure, ...left],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['__tests__/e2e/**/*.test.ts'],
          exclude: left,
          maxWorkers: 1,
          testTimeout: 300 * seconds,
          hookTimeout: 300 * seconds,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
