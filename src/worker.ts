import { packTasks } from './pack/tasks.ts'
import { describeFilesHere } from './proof/describe-files.ts'
import { hashFiles } from './proof/hash-files.ts'
import { serveJobs } from './system/workers.ts'

serveJobs({
  ...packTasks,
  'describe-files': describeFilesHere,
  'hash-files': hashFiles,
})
