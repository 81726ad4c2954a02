import { beforeEach } from 'vitest'
import { wineLimitOf } from './wine-limits.ts'

beforeEach(({ task, skip }) => {
  const names = [task.name]
  for (let { suite } = task; suite !== undefined; { suite } = suite) names.unshift(suite.name)
  const limit = wineLimitOf(task.file.filepath, names.join(' '))
  if (limit !== undefined) skip(`under Wine: ${limit.reason}`)
})
