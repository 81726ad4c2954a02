// Runs as a separate process: passes paths to @actions/cache. `save KEY PATH...` or `restore KEY PATH...`.
import { restoreCache, saveCache } from '@actions/cache'

const [operation, key = '', ...paths] = process.argv.slice(2)
if (operation === 'save') {
  if ((await saveCache(paths, key)) === -1) process.exitCode = 1
} else if ((await restoreCache(paths, key)) === undefined) process.exitCode = 1
// The toolkit's sockets would keep the process alive.
process.stdout.write('', () => process.exit())
