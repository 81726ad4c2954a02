import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkOut } from '../../testbed/git-repository.ts'
import { startLockedProxy } from '../../testbed/locked-proxy.ts'
import { startModuleProxy } from '../../testbed/module-proxy.ts'
import { push } from '../../testbed/runner/github-context.ts'
import { startJob } from '../../testbed/runner/job.ts'
import { madeModule, publish, sumLines } from '../golden/modules.ts'
import { makeCertificate } from '../golden/self-signed.ts'
import { root, startBed } from '../harness/bed.ts'

test('in a public repository no use of the action caches private modules that another use of the job could read, in any order', async () => {
  const bed = await startBed()
  // A package with almost no imports builds quickly.
  const lib = madeModule('example.com/lib', 'v1.0.0')
  publish(path.join(bed.folder, 'served'), lib)
  const plain = await startModuleProxy({ folder: path.join(bed.folder, 'served') })
  onTestFinished(plain.stop)
  await bed.repository(undefined, {
    'go.mod': `module example.com/app\n\ngo 1.21\n\nrequire ${lib.path} ${lib.version}\n`,
    'go.sum': sumLines(lib),
    'app.go': `package app\n\nimport _ "${lib.path}"\n`,
  })
  const { key, certificate, file } = await makeCertificate(bed.folder)
  const password = 'robot:secret-1234567890'
  const proxy = await startLockedProxy({ key, certificate, target: plain.url, password })
  onTestFinished(() => proxy.stop())
  const [workspace, home, temp] = ['work', 'home', 'temp'].map((name) => path.join(bed.folder, name)) as [
    string,
    string,
    string,
  ]
  for (const folder of [home, temp]) mkdirSync(folder, { recursive: true })
  const event = push('main', await checkOut(bed.checkedOut, workspace))
  const repository = { ...(event.payload.repository as object), private: false }
  const job = await startJob({
    actionDirectory: root,
    ...{ workspace, home, temp },
    env: {
      PATH: process.env.PATH ?? '',
      ...bed.goEnvironment,
      GOPROXY: plain.url,
      // No pattern names the private modules.
      ...{ GONOSUMDB: '', GOSUMDB: 'off' },
    },
    event: { ...event, payload: { ...event.payload, repository } },
    cacheEnvironment: bed.service.environment(),
  })
  const before = await job.action({ with: { dependencies: 'none' } })
  expect(before.exitCode, before.log).toBe(0)
  const opening = await job.action({
    with: {
      cache: 'false',
      credentials: `${proxy.host} ${password.replace(':', ' ')}`,
      goproxy: `https://${proxy.host}`,
      'ca-certificate': file,
    },
  })
  expect(opening.exitCode, opening.log).toBe(0)
  expect(opening.exported).toMatchObject({ GO_DEPS_PRIVATE_MODULES: '*' })
  const after = await job.action()
  expect(after.exitCode, after.log).toBe(0)
  expect((await job.shell('GOPROXY=off go build ./...')).exitCode).toBe(0)

  const [last, , first] = await job.end()
  for (const post of [last, first]) {
    expect(post?.exitCode).toBe(0)
    expect(post?.stdout).toContain('Module cache: not saved, there are no modules to save')
    expect(post?.stdout).toContain(
      'Build cache: not saved, another use of this action in this job has `credentials`',
    )
  }
  expect(bed.service.entries()).toEqual([])
})
