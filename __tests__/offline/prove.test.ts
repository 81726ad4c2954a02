import * as path from 'node:path'
import { expect, test } from 'vitest'
import { detectNetworkIsolation } from '../../src/offline/build.ts'
import { allPackagePatterns, patternsInRoot } from '../../src/offline/prove.ts'
import { root } from '../gofiles/root.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

test('names all packages of a workspace by their directories, also for siblings and parents', () => {
  const directory = path.resolve('/checkout/work')
  const modules = ['', 'one', '../two'].flatMap((folder) =>
    root().modules.map((module) => ({ ...module, directory: path.resolve(directory, folder) })),
  )
  expect(allPackagePatterns({ directory, modules })).toEqual(['./...', './one/...', '../two/...'])
})

test('applies a pattern in the roots that have its directory; only Go resolves import paths', () => {
  const directory = temporaryFolder()
  writeFiles(directory, { 'cmd/app/main.go': '', file: '' })
  const patterns = ['./...', './cmd/...', './cmd/app', './file', './none/...', 'example.com/app/...']
  expect(patternsInRoot({ directory }, patterns)).toEqual([
    './...',
    './cmd/...',
    './cmd/app',
    'example.com/app/...',
  ])
})

test.each(['darwin', 'win32'])('reports that there is no network namespace on %s', async (system) => {
  expect(await detectNetworkIsolation(temporaryFolder(), process.env, system)).toEqual({
    why: 'only Linux has network namespaces',
  })
})
