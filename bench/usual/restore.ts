import { restoreCache } from '@actions/cache'
import * as core from '@actions/core'
import { usualEntries } from './strategy.ts'

const entries = usualEntries()
const keys = entries.map(({ key }) => key)
const matched: string[] = []
for (const { key, restoreKeys, paths } of entries)
  matched.push((await restoreCache([...paths], key, [...restoreKeys])) ?? '')
core.saveState('keys', JSON.stringify(keys))
core.saveState('matched', JSON.stringify(matched))
core.setOutput(
  'cache-hit',
  matched.every((key) => key !== ''),
)
// The toolkit's sockets would keep the process alive.
process.stdout.write('', () => process.exit(0))
