import type { Context } from './context.ts'
import type { Row } from './rows.ts'

/** Something that is measured. */
export interface Scenario {
  readonly name: string
  /** What is measured, as a sentence part. */
  readonly does: string
  /** What one has to know to judge its numbers. */
  readonly note?: string
  /** @throws {Error} when something did not go as it must for the numbers to mean anything */
  readonly run: (context: Context) => Promise<readonly Row[]>
}
