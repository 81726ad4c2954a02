import { copyFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { handOver } from '../../../scripts/setup/windows/windows.mjs'
import { endings, keepBundle } from '../../bundle/made-bundles.ts'
import { type Bed, startBed } from '../../harness/bed.ts'
import { runnerJob } from '../../harness/runner-job.ts'
import { smallModule } from '../../harness/small-module.ts'
import { jobsOnWindows, onDriveD, sharedFolder } from './on-windows.ts'

const sources = smallModule('', '1.24')
/** As git checks them out with `core.autocrlf`, the default of Git for Windows. */
const withCrlf = Object.fromEntries(
  Object.entries(sources).map(([name, text]) => [name, text.replaceAll('\n', '\r\n')]),
)
const build = 'go build ./...'

const windowsJobOf = (bed: Bed) => ({ env: bed.goEnvironment, cache: bed.service.environment(), run: build })
const zips = (bed: Bed) => bed.proxy.requests.filter(({ kind }) => kind === 'zip').length

test.each([
  ['LF', sources],
  ['CRLF', withCrlf],
])('Windows restores the modules that Linux saved, from a checkout with %s', async (_, files) => {
  const bed = await startBed()
  await bed.repository(undefined, sources)
  const saved = await runnerJob(bed, { run: build })
  expect(saved.post.exitCode, saved.post.stdout).toBe(0)
  expect(zips(bed)).toBe(1)
  const requests = bed.proxy.requests.length
  const [job] = await jobsOnWindows({ ...windowsJobOf(bed), files })
  expect(job?.main.exitCode, job?.main.stdout).toBe(0)
  expect(job?.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'miss' })
  expect(job?.shell?.exitCode, job?.shell?.stderr).toBe(0)
  expect(bed.proxy.requests.slice(requests)).toEqual([])
})

test('Linux restores the modules that Windows saved', async () => {
  const bed = await startBed()
  await bed.repository(undefined, sources)
  const [saved] = await jobsOnWindows({ ...windowsJobOf(bed), files: withCrlf })
  expect(saved?.post.exitCode, saved?.post.stdout).toBe(0)
  expect(zips(bed)).toBe(1)
  const requests = bed.proxy.requests.length
  const { main, shell } = await runnerJob(bed, { run: 'GOPROXY=off go build ./... && go mod verify' })
  expect(main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'miss' })
  expect(shell?.exitCode, shell?.stderr).toBe(0)
  expect(bed.proxy.requests.slice(requests)).toEqual([])
})

test('Windows builds offline from a bundle that Linux made', async () => {
  const bed = await startBed()
  await bed.repository(undefined, sources)
  const { file, sha256 } = await keepBundle(bed)
  const folder = sharedFolder()
  for (const ending of endings) copyFileSync(file + ending, path.join(folder, path.basename(file) + ending))
  handOver(folder)
  const requests = bed.proxy.requests.length
  const [job] = await jobsOnWindows({
    ...windowsJobOf(bed),
    files: withCrlf,
    env: { ...bed.goEnvironment, GOPROXY: 'off' },
    with: {
      cache: 'false',
      bundle: onDriveD(path.join(folder, path.basename(file))),
      'bundle-sha256': sha256,
    },
  })
  expect(job?.main.exitCode, job?.main.stdout).toBe(0)
  expect(job?.shell?.exitCode, job?.shell?.stderr).toBe(0)
  expect(bed.proxy.requests.slice(requests)).toEqual([])
})
