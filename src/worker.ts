import { packTasks } from './pack/tasks.ts'
import { describeFilesHere } from './proof/describe-files.ts'
import { hashFiles } from './proof/hash-files.ts'
import { hashZips } from './proof/zip-hash.ts'
import { serveJob } from './system/workers.ts'

serveJob({
  ...packTasks,
  'describe-files': describeFilesHere,
  'hash-files': hashFiles,
  'hash-zips': hashZips,
})
