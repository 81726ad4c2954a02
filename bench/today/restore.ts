import { restoreCache } from '@actions/cache'
import * as core from '@actions/core'
import { cachedDirectories, primaryKey } from './strategy.ts'

const key = primaryKey()
core.saveState('key', key)
const matched = await restoreCache(cachedDirectories(), key)
core.setOutput('cache-hit', matched !== undefined)
if (matched !== undefined) core.saveState('matched', matched)
// The toolkit's sockets would keep the process alive.
process.stdout.write('', () => process.exit(0))
