import type { Context } from './context.ts'
import type { Row } from './rows.ts'

/** A measured scenario. */
export interface Scenario {
  readonly name: string
  /** Its subject, as a sentence part. */
  readonly does: string
  /** Facts that are needed to interpret its numbers. */
  readonly note?: string
  /** @throws {Error} when a job did not run as the numbers assume */
  readonly run: (context: Context) => Promise<readonly Row[]>
}
