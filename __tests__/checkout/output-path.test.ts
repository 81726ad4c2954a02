import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { outputPathFault, outputPathOrTempFault } from '../../src/checkout/output-path.ts'
import { isUnix, temporaryFolder } from '../temporary.ts'

const folder = () => {
  const all = temporaryFolder()
  const [workspace, temp] = [path.join(all, 'work'), path.join(all, 'temp')]
  for (const one of [workspace, temp]) mkdirSync(one)
  writeFileSync(path.join(temp, 'file'), '')
  if (isUnix) symlinkSync(all, path.join(temp, 'out'))
  return { workspace, temp }
}

test.each([
  ['work/a/b', undefined],
  ['temp/a/b', undefined],
  ['temp/../work/a', undefined],
  ['temp', /not in RUNNER_TEMP/],
  ['temp/file/a', /parent is a file/],
  ['temp/../else/a', /neither in the checkout nor below RUNNER_TEMP/],
  ['tempting/a', /neither/],
  ...(isUnix ? [['temp/out/else', /link in its path leads outside of RUNNER_TEMP/] as const] : []),
] as const)('a bundle at %s is allowed: %s', (name, fault) => {
  const { workspace, temp } = folder()
  const file = path.resolve(workspace, '..', name)
  const message = outputPathOrTempFault(workspace, temp, file)
  if (fault === undefined) expect(message).toBeUndefined()
  else expect(message).toMatch(fault)
})

test('without RUNNER_TEMP, and for a list of modules, only the checkout is allowed', () => {
  const { workspace, temp } = folder()
  for (const message of [
    outputPathOrTempFault(workspace, '', path.join(temp, 'a')),
    outputPathFault(workspace, path.join(temp, 'a')),
  ])
    expect(message).toBe('it is not in the checkout')
})
