import { defineConfig } from 'vitest/config'
import { filesNotEmulated } from './__tests__/harness/not-emulated.ts'
import { notEmulated } from './__tests__/macos/not-emulated.ts'
import { hideMachineVariables } from './testbed/environment.ts'
import { emulatedVariables, emulationVariable } from './testbed/macos/emulation.ts'
import { bundledEntries, inHarness, long } from './vitest.config.ts'

hideMachineVariables()

const preload = process.env[emulationVariable]
if (preload === undefined && process.platform !== 'darwin')
  throw new Error('start it with `npm run test:macos`, which emulates macOS')

const seconds = 1000

/** What does not depend on the system, or brings programs that are built for this one. */
const elsewhere = [
  'architecture.test.ts',
  'bench/**',
  'contracts/**',
  'docs/**',
  'e2e/**',
  'golden/**',
  'scripts/**',
  'testbed/**',
  'windows/**',
]

/** The tests and the jobs in them run in the emulation. Vitest itself does not: its programs are those of Linux. */
const emulation =
  preload === undefined
    ? {}
    : {
        setupFiles: '__tests__/macos/skip-not-emulated.ts',
        execArgv: ['--require', preload],
        env: emulatedVariables(),
      }

export default defineConfig({
  resolve: { alias: bundledEntries },
  test: {
    globalSetup: inHarness('bundle-entries.ts'),
    ...emulation,
    silent: 'passed-only',
    maxWorkers: 2,
    testTimeout: 120 * seconds,
    hookTimeout: 180 * seconds,
    include: ['__tests__/**/*.test.ts', ...(preload === undefined ? [] : ['__tests__/macos/*.macos.ts'])],
    exclude: [
      ...elsewhere.map((one) => `__tests__/${one}`),
      ...(preload === undefined ? [] : filesNotEmulated(notEmulated)),
      ...long,
    ],
  },
})
