import { beforeEach } from 'vitest'
import { fileOf, type NotEmulated, reasonAgainst } from './not-emulated.ts'

/** Skips the tests of a list in every file that runs. */
export function skipNotEmulated(list: readonly NotEmulated[]): void {
  beforeEach(({ task, skip }) => {
    const names = [task.name]
    for (let { suite } = task; suite !== undefined; { suite } = suite) names.unshift(suite.name)
    const reason = reasonAgainst({ file: fileOf(task.file.filepath), name: names.join(' > ') }, list)
    if (reason !== undefined) skip(reason)
  })
}
