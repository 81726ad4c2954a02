import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { checkOut } from '../../testbed/git-repository.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { push } from '../../testbed/runner/github-context.ts'
import { startJob } from '../../testbed/runner/job.ts'
import type { StepResult } from '../../testbed/runner/step.ts'
import { type Bed, root, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { smallModule } from '../harness/small-module.ts'

test('without a usable HOME the caches are off, and one warning names the fix', async () => {
  const bed = await startBed()
  await bed.repository(undefined, smallModule('', '1.21'))
  const { main, post } = await runnerJob(bed, {
    env: { HOME: '', GOMODCACHE: '', GOCACHE: '', GOPATH: '' },
  })
  expect(main.exitCode, main.log).toBe(0)
  expect(main.outputs).toMatchObject({ 'modules-cache': 'off', 'build-cache': 'off' })
  expect(said(main, 'warning')).toEqual([expect.stringMatching(/because HOME is not set .* Set HOME/)])
  expect(post.exitCode).toBe(0)
})

/** A job of a small module with this RUNNER_TEMP; the files of the runner itself are elsewhere. */
async function jobWith(bed: Bed, temp: string) {
  const [workspace, home] = ['work', 'home'].map((name) => path.join(bed.folder, name)) as [string, string]
  for (const folder of [workspace, home]) await removeTree(folder)
  mkdirSync(home)
  const event = push('main', await checkOut(bed.checkedOut, workspace))
  const job = await startJob({
    ...{ actionDirectory: root, workspace, home, temp: path.join(bed.folder, 'runner') },
    env: { PATH: process.env.PATH ?? '', ...bed.goEnvironment },
    context: { RUNNER_TEMP: temp },
    event,
    cacheEnvironment: bed.service.environment(),
  })
  const main = await job.action({ with: { 'cache-build': 'false', credentials: 'a.example me secret' } })
  const [post] = await job.end()
  return { main, post }
}

test.each([
  ['two  blanks', 0],
  ['a"b\\c', 1],
  ['file', 1],
])('with RUNNER_TEMP %j the caches work, with %d warnings', async (name, count) => {
  const bed = await startBed()
  await bed.repository(undefined, smallModule('', '1.21'))
  writeFileSync(path.join(bed.folder, 'file'), '')
  const temp = path.join(bed.folder, name)
  const first = await jobWith(bed, temp)
  expect(first.main.exitCode, first.main.log).toBe(0)
  expect(said(first.main, 'warning')).toHaveLength(count)
  if (count > 0)
    expect(said(first.main, 'warning')[0]).toContain(`RUNNER_TEMP is ${JSON.stringify(temp)}, which`)
  expect(said(first.post as StepResult, 'warning')).toEqual([])
  const second = await jobWith(bed, temp)
  expect(second.main.outputs['modules-cache'], second.main.log).toBe('exact')
  const named = /go-deps-(?:action|credentials)-[\w.-]+/g
  const folders = [tmpdir(), temp].flatMap((one) =>
    existsSync(one) && statSync(one).isDirectory() ? readdirSync(one) : [],
  )
  const made = new Set(`${first.main.stdout}${second.main.stdout}`.match(named))
  expect(folders.filter((one) => made.has(one))).toEqual([])
})

test('two jobs that share RUNNER_TEMP do not touch each other’s credentials', async () => {
  const bed = await startBed()
  await bed.repository(undefined, { 'README.md': 'no Go here\n' })
  const job = (run: string) =>
    startJob({
      ...{
        actionDirectory: root,
        workspace: bed.checkedOut,
        home: bed.folder,
        temp: path.join(bed.folder, 'temp'),
      },
      env: { PATH: process.env.PATH ?? '' },
      context: { GITHUB_RUN_ID: run },
      event: push(),
    })
  const [one, other] = [await job('1'), await job('2')]
  const inputs = { credentials: 'a.example me secret', 'export-credentials': 'true' }
  expect((await one.action({ with: inputs })).exitCode).toBe(0)
  expect((await other.action({ with: inputs })).exitCode).toBe(0)
  expect((await one.shell('grep a.example "$NETRC"')).exitCode).toBe(0)
  await one.end()
  expect((await other.shell('grep a.example "$NETRC"')).exitCode).toBe(0)
  await other.end()
  expect(readdirSync(path.join(bed.folder, 'temp')).filter((name) => name.startsWith('go-deps-'))).toEqual([])
})
