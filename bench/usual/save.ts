import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { saveCache } from '@actions/cache'
import * as core from '@actions/core'
import { usualEntries } from './strategy.ts'

const [keys, matched] = ['keys', 'matched'].map((name) => JSON.parse(core.getState(name)) as string[])
for (const [index, { paths }] of usualEntries().entries()) {
  const key = keys?.[index] ?? ''
  const folders = paths.map((one) => one.replace(`${path.sep}??`, ''))
  if (matched?.[index] === key) core.info(`${key} was found: nothing is saved.`)
  else if (!folders.some((folder) => existsSync(folder))) core.info(`There is nothing to save for ${key}.`)
  else await saveCache([...paths], key)
}
process.stdout.write('', () => process.exit(0))
