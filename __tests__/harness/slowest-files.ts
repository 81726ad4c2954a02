import * as path from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

const shown = 10

/** Prints which test files took longest, so that nobody has to look for what makes the suite slow. */
// biome-ignore lint/style/noDefaultExport: Vitest takes a reporter from a file's default export.
export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const times = modules
      .map((module) => ({ file: path.relative(process.cwd(), module.moduleId), seconds: secondsOf(module) }))
      .sort((a, b) => b.seconds - a.seconds)
      .slice(0, shown)
    if (modules.length <= shown) return
    const lines = times.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(8)} s  ${file}`)
    process.stdout.write(`\nThe slowest files:\n${lines.join('\n')}\n`)
  }
}

function secondsOf(module: TestModule): number {
  const { duration, setupDuration, collectDuration } = module.diagnostic()
  return (duration + setupDuration + collectDuration) / 1000
}
