import { packShard } from './pack-shard.ts'
import { storeShard } from './store-shard.ts'
import { unpackShard } from './unpack-shard.ts'

/** What worker threads do with shards. */
export const packTasks = { 'pack-shard': packShard, 'store-shard': storeShard, 'unpack-shard': unpackShard }
