import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startAthens } from '../../testbed/athens.ts'
import { runProcess } from '../../testbed/process.ts'
import { codeBlocks, root } from '../docs/pages.ts'
import { madeModule, publish, sumLines } from '../golden/modules.ts'
import { startBed } from '../harness/bed.ts'
import { keepBundle, oneProxy } from './made-bundles.ts'
import { smallRepository } from './whole-job.ts'

test('a bundle fills an Athens that downloads nothing itself, and Go takes every module from there', async () => {
  const bed = await startBed()
  // A module cache escapes capital letters.
  const modules = [
    madeModule('example.com/BurntSushi/toml', 'v1.0.0-RC.1'),
    madeModule('example.com/a', 'v1.2.0'),
  ]
  const served = path.join(bed.folder, 'served')
  // The module graph needs only the go.mod of an older version.
  const older = madeModule('example.com/a', 'v1.1.0')
  for (const module of [...modules, older]) publish(served, module)
  const repository = smallRepository('app', modules)
  const [, goModLine = ''] = sumLines(older).split('\n')
  await bed.repository(undefined, { ...repository, 'go.sum': `${repository['go.sum']}${goModLine}\n` })
  const { file, job } = await keepBundle(bed, { env: { GOPROXY: pathToFileURL(served).href } })
  expect(job.main.outputs['bundle-modules']).toBe('3')
  const athens = await startAthens({
    folder: path.join(bed.folder, 'athens'),
    upstream: path.join(bed.folder, 'nothing'),
    offline: true,
  })
  onTestFinished(athens.stop)
  const page = { name: 'docs/bundles.md', text: readFileSync(path.join(root, 'docs/bundles.md'), 'utf8') }
  const [recipe] = codeBlocks(page, 'sh').filter((block) => block.includes('source.zip'))
  const filled = await runProcess({
    command: 'bash',
    args: ['-euo', 'pipefail', '-c', recipe ?? 'exit 1'],
    cwd: bed.folder,
    env: { PATH: process.env.PATH ?? '', BUNDLE: file, ATHENS_DISK_STORAGE_ROOT: athens.storage },
  })
  expect(filled.exitCode, filled.stderr).toBe(0)
  const downloaded = await runProcess({
    command: 'go',
    args: ['mod', 'download', '-modcacherw', ...modules.map((one) => `${one.path}@${one.version}`)],
    cwd: bed.checkedOut,
    env: {
      ...bed.goEnvironment,
      PATH: process.env.PATH ?? '',
      GOMODCACHE: path.join(bed.folder, 'fresh'),
      GOPROXY: athens.url,
      ...oneProxy,
    },
  })
  expect(downloaded.exitCode, downloaded.stderr).toBe(0)
  expect(new Set(athens.requests().map(({ status }) => status))).toEqual(new Set([200]))
})
