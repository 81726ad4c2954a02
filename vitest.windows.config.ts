import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { filesNotEmulated } from './__tests__/harness/not-emulated.ts'
import { isWine, notEmulated } from './__tests__/windows/not-emulated.ts'
import { hideMachineVariables } from './testbed/environment.ts'
import { bundledEntries, long, pure } from './vitest.config.ts'

hideMachineVariables()

const seconds = 1000

/** What runs on Windows: everything but checks of texts, of the test bed itself and of act, which are the same there. */
const tests = [
  'auth',
  'cache',
  'checkout',
  'dependencies',
  'gocmd',
  'offline',
  'platform',
  'setup-go',
  'testcache',
  'validate',
  'windows',
]

/** Whole jobs through the committed bundles that need no program of Unix; those of `windows/` show what is special there. */
const jobs = ['check-vendor', 'fallbacks', 'installing', 'offline', 'select', 'test-results', 'vendoring']

/** Part of them, for runs that have no git: no program there has to be compiled first. */
const sliceOfTests = ['cache/archive', 'cache/gomodcache', 'dependencies', 'windows/slice']

const isSlice = process.env.WINDOWS_SLICE === '1'
const isEmulating = process.platform === 'linux'
const below = (folder: string) => `__tests__/${folder}{/**/*,*}.test.ts`
const job = (name: string) => `__tests__/bundle/${name}.test.ts`
const exclude = [
  ...(isWine ? filesNotEmulated(notEmulated) : []),
  ...(process.env.GO_DEPS_FULL === undefined ? long : []),
]

/** Jobs of two systems that share a cache service; they run on Linux and start those of Windows under Wine. */
const across = {
  extends: true as const,
  test: { name: 'across', include: [below('windows/across')], maxWorkers: 1 },
}

// The tests of Windows: on Windows itself, or under Wine on Linux. See scripts/windows-tests.mjs.
export default defineConfig({
  resolve: { alias: bundledEntries },
  test: {
    globalSetup: fileURLToPath(new URL('__tests__/harness/bundle-entries.ts', import.meta.url)),
    silent: 'passed-only',
    setupFiles: isWine ? ['__tests__/windows/skip-not-emulated.ts'] : [],
    maxWorkers: 2,
    // Each start of a program takes a second under Wine.
    testTimeout: 300 * seconds,
    hookTimeout: 300 * seconds,
    projects: isEmulating
      ? [across]
      : [
          {
            extends: true,
            test: { name: 'pure', include: [...pure], exclude: [...exclude], isolate: false },
          },
          {
            extends: true,
            test: {
              name: 'parts',
              include: isSlice ? sliceOfTests.map(below) : [...tests.map(below), ...jobs.map(job)],
              exclude: [...pure, ...exclude, below('windows/across')],
              sequence: { groupOrder: 1 },
            },
          },
        ],
  },
})
