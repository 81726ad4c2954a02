import { defineConfig } from 'vitest/config'

const seconds = 1000
/** Many jobs in a row: minutes, and only in the full run. Some of the others are longer there, too. */
const long = [
  'bundle/beside-a-live-go',
  'bundle/entries-of-the-build-cache',
  'bundle/killed-at-random',
  'proof/many-modules',
  'test-inputs/go-cache',
].map((name) => `__tests__/${name}.test.ts`)
const left = process.env.GO_DEPS_FULL === undefined ? long : []

// Three workers, also on two processors: tests with real servers and processes wait a fifth of their time. More would
// make Go builds in neighbouring files time out. Workflow runs come after everything else, and two at a time.
export default defineConfig({
  test: {
    maxWorkers: 3,
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
          maxWorkers: 2,
          testTimeout: 300 * seconds,
          hookTimeout: 300 * seconds,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
