import { beforeEach } from 'vitest'
import { fileOf, reasonAgainst } from './not-emulated.ts'

beforeEach(({ task, skip }) => {
  const names = [task.name]
  for (let suite = task.suite; suite !== undefined; suite = suite.suite) names.unshift(suite.name)
  const reason = reasonAgainst({ file: fileOf(task.file.filepath), name: names.join(' > ') })
  if (reason !== undefined) skip(reason)
})
