import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { filesBelow } from '../../src/platform/files.ts'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { startGitServer } from '../../testbed/git-server.ts'
import { endOf, startMachine } from '../bundle/shared-machine.ts'
import { madeModule, sumLines } from '../golden/modules.ts'
import { makeCertificate } from '../golden/self-signed.ts'
import { startBed } from '../harness/bed.ts'
import { runnerJob } from '../harness/runner-job.ts'
import { smallModule } from '../harness/small-module.ts'
import { writeFiles } from '../temporary.ts'

test('a job behind a link saves entries of macOS, and the next job finds everything in them', async () => {
  const bed = await startBed()
  await bed.repository(undefined, smallModule('', '1.21'))
  const cold = await runnerJob(bed, { run: 'go build ./... && test "$RUNNER_OS" = macOS' })
  expect([cold.main.exitCode, cold.shell?.exitCode, cold.post.exitCode], cold.main.log).toEqual([0, 0, 0])
  expect(realpathSync(cold.places.home)).not.toBe(cold.places.home)
  const keys = bed.service.entries().map(({ key }) => key)
  // The release of the kernel that `darwin.cjs` reports: each process of the action asked it.
  expect(
    keys.filter((key) => /-macos\.24-/.test(key)),
    keys.join(),
  ).toHaveLength(1)
  expect(keys).toHaveLength(2)

  const asked = bed.proxy.requests.length
  const warm = await runnerJob(bed, { run: 'GOPROXY=off go build ./...' })
  expect(warm.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
  expect([warm.shell?.exitCode, bed.proxy.requests.length], warm.shell?.stderr).toEqual([0, asked])
})

test('modules and files whose names differ only in case in Go come back as they were', async () => {
  const modules = ['example.com/Lib', 'example.com/lib'].map((name, index) =>
    madeModule(name, 'v1.0.0-RC1', { 'doc/Überblick.txt': `of ${index}` }),
  )
  const machine = await startMachine(modules)
  await machine.write('org/app', {
    'go.mod': `module example.com/app\n\ngo 1.21\n\nrequire (\n${modules.map((one) => `\t${one.path} ${one.version}\n`).join('')})\n`,
    'go.sum': modules.map(sumLines).join(''),
    'app.go': 'package app\n',
  })
  const run = async () => {
    const { job } = await machine.start({ repository: 'org/app' })
    const main = await job.action({ with: { 'cache-build': 'false' } })
    const build = await job.shell('go mod verify')
    expect([main.exitCode, build.exitCode], `${main.log}${build.stderr}`).toEqual([0, 0])
    expect((await endOf(job)).exitCode).toBe(0)
    return main.outputs['modules-cache']
  }
  const trees = () => filesBelow(path.join(machine.gomodcache, 'example.com')).toSorted()
  expect(await run()).toBe('miss')
  const before = trees()
  expect(before).toHaveLength(6)
  await machine.renew()
  expect(await run()).toBe('exact')
  expect(trees()).toEqual(before)
})

test('vendor writes the directory, and check-vendor accepts it and reports a changed file in it', async () => {
  const lib = madeModule('example.com/Lib', 'v1.0.0')
  const machine = await startMachine([lib])
  const files = {
    'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire example.com/Lib v1.0.0\n',
    'go.sum': sumLines(lib),
    'app.go': 'package app\n\nimport _ "example.com/Lib"\n',
  }
  const run = async (inputs: Readonly<Record<string, string>>) => {
    const { job, workspace } = await machine.start({ repository: 'org/app' })
    const main = await job.action({ with: { 'cache-build': 'false', ...inputs } })
    expect((await endOf(job)).exitCode).toBe(0)
    return { main, workspace }
  }
  await machine.write('org/app', files)
  const { main, workspace } = await run({ dependencies: 'vendor' })
  expect([main.exitCode, main.outputs['vendor-changed']], main.log).toEqual([0, 'true'])
  const vendor = path.join(workspace, 'vendor')
  const made = filesBelow(vendor).map((name) => [
    `vendor/${name}`,
    readFileSync(path.join(vendor, name), 'utf8'),
  ])
  await machine.write('org/app', { ...files, ...Object.fromEntries(made) })
  const same = await run({ 'check-vendor': 'true' })
  expect(same.main.exitCode, same.main.log).toBe(0)
  await machine.write('org/app', {
    ...files,
    ...Object.fromEntries(made),
    'vendor/example.com/Lib/Lib.go': 'package Lib // changed\n',
  })
  const changed = await run({ 'check-vendor': 'true' })
  expect(changed.main.exitCode).toBe(1)
  expect(changed.main.stdout).toContain('vendor/example.com/Lib/Lib.go')
})

// That the keychain was not asked is checked at the end of all tests (scripts/macos.ts).
test('a job with credentials opens private modules, and git asks no keychain', async () => {
  const bed = await startBed()
  const lib = madeModule('github.com/acme/lib', 'v1.0.0')
  const [source, served] = [path.join(bed.folder, 'source'), path.join(bed.folder, 'private/acme/lib')]
  writeFiles(source, lib.files)
  mkdirSync(path.dirname(served), { recursive: true })
  await createRepository(source, served)
  await git(served, 'tag', 'v1.0.0')
  const { key, certificate, file } = await makeCertificate(bed.folder)
  const passwords = { acme: 'x-access-token:ghp_1234567890abcdef' }
  const server = await startGitServer({
    folder: path.join(bed.folder, 'private'),
    key,
    certificate,
    passwords,
  })
  onTestFinished(() => server.stop())
  await bed.repository(undefined, {
    'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire github.com/acme/lib v1.0.0\n',
    'go.sum': sumLines(lib),
    'app.go': 'package app\n\nimport _ "github.com/acme/lib"\n',
  })
  const config = path.join(bed.folder, 'global')
  writeFileSync(config, `[url "https://${server.host}/"]\n\tinsteadOf = https://github.com/\n`)
  const { main, post } = await runnerJob(bed, {
    with: {
      goprivate: 'github.com/acme',
      credentials: `${server.host}/acme ghp_1234567890abcdef`,
      'ca-certificate': readFileSync(file, 'utf8'),
      'cache-build': 'false',
    },
    env: { GIT_CONFIG_GLOBAL: config },
  })
  expect([main.exitCode, post.exitCode], main.log).toEqual([0, 0])
  expect(main.stdout).toContain('1 downloaded')
  expect(server.requests.some(({ status }) => status === 401)).toBe(true)
})
