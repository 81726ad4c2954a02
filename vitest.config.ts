import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { hideMachineVariables } from './testbed/environment.ts'

// Before any worker starts, because Node reads NODE_EXTRA_CA_CERTS only then.
hideMachineVariables()

const seconds = 1000
/** Many jobs in a row: minutes, and only in the full run. Some of the others are longer there, too. */
const long = [
  'bundle/beside-a-live-go',
  'bundle/entries-of-the-build-cache',
  'bundle/killed-at-random',
  'bundle/sealed-toolchain',
  'proof/many-modules',
  'test-inputs/go-cache',
].map((name) => `__tests__/${name}.test.ts`)
const left = process.env.GO_DEPS_FULL === undefined ? long : []

function inTests(file: string): string {
  return fileURLToPath(new URL(`__tests__/${file}`, import.meta.url))
}

// Two workers: with more, Go builds and real servers in neighbouring files get in each other's way on small machines.
// Workflow runs come after everything else and one at a time, because each of them keeps all cores busy.
export default defineConfig({
  // Threads and processes that start from TypeScript take four times as long as those that start from bundles.
  resolve: {
    alias: [{ find: /^\.\/entry-url\.ts$/, replacement: inTests('bed/bundled-entries.ts') }],
  },
  test: {
    globalSetup: inTests('bed/bundle-entries.ts'),
    maxWorkers: 2,
    // Real servers, runners and compilers answer late now and then on a machine with two cores. What fails twice is red.
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 120 * seconds,
    hookTimeout: 180 * seconds,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['__tests__/**/*.test.ts'],
          exclude: ['__tests__/e2e/**', '__tests__/contracts/**', ...left],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['__tests__/e2e/**/*.test.ts'],
          maxWorkers: 1,
          testTimeout: 300 * seconds,
          hookTimeout: 300 * seconds,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
