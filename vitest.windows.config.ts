import { defineConfig } from 'vitest/config'
import { filesNotEmulated } from './__tests__/harness/not-emulated.ts'
import { isWine, notEmulated } from './__tests__/windows/not-emulated.ts'
import { acrossSystems, parts, partVariable, slice } from './__tests__/windows/parts.ts'
import { hideMachineVariables } from './testbed/environment.ts'
import { bundledEntries, inHarness, long, pure } from './vitest.config.ts'

hideMachineVariables()

const seconds = 1000
const part = process.env[partVariable]
const exclude = [
  ...(isWine ? filesNotEmulated(notEmulated) : []),
  ...(process.env.GO_DEPS_FULL === undefined ? long : []),
]

const fast = {
  extends: true as const,
  test: { name: 'pure', include: [...pure], exclude, isolate: false },
}
const others = {
  extends: true as const,
  test: {
    name: 'parts',
    include: [...(part === 'slice' ? slice : (parts[part ?? ''] ?? Object.values(parts).flat()))],
    exclude: [...pure, ...exclude],
    sequence: { groupOrder: 1 },
  },
}
const across = {
  extends: true as const,
  test: { name: 'across', include: [...acrossSystems], maxWorkers: 1 },
}

// The tests of Windows: on Windows itself, or under Wine on Linux. See scripts/windows-tests.mjs.
export default defineConfig({
  resolve: { alias: bundledEntries },
  test: {
    globalSetup: inHarness('bundle-entries.ts'),
    silent: 'passed-only',
    setupFiles: isWine ? ['__tests__/windows/skip-not-emulated.ts'] : [],
    maxWorkers: 2,
    // Each start of a program takes a second under Wine.
    testTimeout: 300 * seconds,
    hookTimeout: 300 * seconds,
    projects: process.platform === 'linux' ? [across] : projectsOf(part),
  },
})

function projectsOf(name: string | undefined) {
  if (name === undefined) return [fast, others]
  return name === 'pure' ? [fast] : [others]
}
