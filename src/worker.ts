import { packTasks } from './pack/tasks.ts'
import { describeFilesHere } from './proof/describe-files.ts'
import { hashFiles } from './proof/hash-files.ts'
import { serveJobs } from './system/workers.ts'

/** Everything that a thread can do. */
export const handlers = {
  ...packTasks,
  'describe-files': describeFilesHere,
  'hash-files': hashFiles,
}

serveJobs(handlers)
