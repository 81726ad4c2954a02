import { describeFilesInWorker, hashFiles } from './cache/archive/hash-files.ts'
import { packShard } from './cache/archive/pack-shard.ts'
import { storeShard } from './cache/archive/store-shard.ts'
import { unpackShard } from './cache/archive/unpack-shard.ts'
import { serveJobs } from './platform/workers.ts'

/** The tasks of a worker thread, by name. */
export const handlers = {
  'pack-shard': packShard,
  'store-shard': storeShard,
  'unpack-shard': unpackShard,
  'describe-files': describeFilesInWorker,
  'hash-files': hashFiles,
}

serveJobs(handlers)
