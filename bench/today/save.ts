import { existsSync } from 'node:fs'
import { saveCache } from '@actions/cache'
import * as core from '@actions/core'
import { cachedDirectories } from './strategy.ts'

const key = core.getState('key')
const directories = cachedDirectories()
if (core.getState('matched') === key) core.info('The entry was found: nothing is saved.')
else if (!directories.some((directory) => existsSync(directory))) core.info('There is nothing to save.')
else await saveCache(directories, key)
process.stdout.write('', () => process.exit(0))
