import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * Keeps the test files that have started and not ended in `.tools/unfinished-files.json`: whoever ends a run that hangs
 * can name them.
 */
// biome-ignore lint/style/noDefaultExport: Vitest takes a reporter from a file's default export.
export default class UnfinishedFiles implements Reporter {
  readonly #files = new Set<string>()

  onTestModuleQueued(module: TestModule): void {
    this.#files.add(module.relativeModuleId)
    this.#write()
  }

  onTestModuleEnd(module: TestModule): void {
    this.#files.delete(module.relativeModuleId)
    this.#write()
  }

  #write(): void {
    const folder = path.resolve(import.meta.dirname, '../../.tools')
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'unfinished-files.json'), JSON.stringify([...this.#files]))
  }
}
