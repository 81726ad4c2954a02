import { packShard } from './pack/pack-shard.ts'
import { storeShard } from './pack/store-shard.ts'
import { unpackShard } from './pack/unpack-shard.ts'
import { hashFiles } from './proof/hash-files.ts'
import { hashZips } from './proof/zip-hash.ts'
import { serveJob } from './system/workers.ts'

serveJob({
  'pack-shard': packShard,
  'store-shard': storeShard,
  'unpack-shard': unpackShard,
  'hash-files': hashFiles,
  'hash-zips': hashZips,
})
