import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { treeHash } from '../../../src/cache/archive/hash-files.ts'
import { zipHash } from '../../../src/cache/archive/zip-hash.ts'
import { moduleRoot } from '../../../src/gofiles/cache-layout.ts'
import { downloadEnvironment } from '../../../testbed/environment.ts'
import { runProcess } from '../../../testbed/process.ts'
import { removeTree } from '../../../testbed/remove-tree.ts'
import { temporaryFolder, writeFiles } from '../../temporary.ts'

/** Two well-known programs with more than three hundred modules together. */
const required = ['github.com/gohugoio/hugo v0.147.0', 'github.com/prometheus/prometheus v0.303.0']
/** Cloud SDKs: each is larger than fifty other modules. */
const huge =
  /aws-sdk|azure-sdk|cloud\.google|google\.golang\.org\/api|k8s\.io\/api|envoy|gohugoio\/hugo@|prometheus\/prometheus@/
const count = 200

test(`${count} real modules, as zips and as trees, hash to the value in their .ziphash`, {
  timeout: 600_000,
}, async () => {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'go.mod': `module example.com/many\n\ngo 1.24\n\nrequire (\n${required.join('\n')}\n)\n`,
  })
  const gomodcache = path.join(folder, 'modules')
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: folder, ...downloadEnvironment() },
    ...{ GOMODCACHE: gomodcache, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
  }
  const go = async (...args: readonly string[]) => {
    const ran = await runProcess({ command: 'go', args, cwd: folder, env })
    expect(ran.exitCode, ran.stderr).toBe(0)
    return ran.stdout
  }
  const listed = await go('list', '-m', '-f', '{{if .Version}}{{.Path}}@{{.Version}}{{end}}', 'all')
  const names = listed.split('\n').filter((name) => name !== '' && !huge.test(name))
  const chosen = names.sort().slice(0, count)
  expect(chosen).toHaveLength(count)
  await go('mod', 'download', ...chosen)

  const download = path.join(gomodcache, 'cache', 'download')
  const zips = readdirSync(download, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.zip'),
  )
  expect(zips).toHaveLength(count)
  const recorded = zips.map((zip) =>
    readFileSync(path.join(download, zip.replace(/\.zip$/, '.ziphash')), 'utf8'),
  )
  expect(zips.map((zip) => zipHash(path.join(download, zip)))).toEqual(recorded)
  for (const [index, zip] of zips.entries()) {
    const [, tree = ''] = /^(.+)\.zip$/.exec(zip.replaceAll(path.sep, '/').replace('/@v/', '@')) ?? []
    const { name = '' } = moduleRoot(`cache/download/${zip.replaceAll(path.sep, '/')}`) ?? {}
    expect(await treeHash(path.join(gomodcache, tree), name), name).toBe(recorded[index])
  }
  await removeTree(gomodcache)
})
