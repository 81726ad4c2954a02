import { copyFileSync, existsSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { madeModule, sumLines } from '../golden/modules.ts'
import { slice } from '../harness/extent.ts'
import { said } from '../harness/runner-job.ts'
import { endOf, startMachine } from './shared-machine.ts'

const lib = madeModule('example.com/lib', 'v1.0.0')
const app = {
  'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n',
  'go.sum': sumLines(lib),
  'app.go': 'package app\n\nimport _ "example.com/lib"\n',
}

test.each(
  slice(
    [
      ['strict', 'proxy'],
      ['true', 'proxy'],
      ['strict', 'module-cache'],
    ],
    1,
  ),
)('offline: %s takes modules from a bundle only, by %s', async (offline, into) => {
  const machine = await startMachine([lib])
  await machine.write('org/app', app)
  const first = await machine.start({ repository: 'org/app', env: { GONOSUMDB: '*', GOPRIVATE: '' } })
  const made = await first.job.action({
    with: { cache: 'false', 'bundle-output': 'deps.tar.zst', 'bundle-private': 'true' },
  })
  expect(made.exitCode, made.stdout).toBe(0)
  const kept = path.join(machine.bed.folder, 'deps.tar.zst')
  for (const end of ['', '.sha256', '.json'])
    copyFileSync(path.join(first.workspace, `deps.tar.zst${end}`), kept + end)
  await endOf(first.job)
  await machine.renew()
  const before = machine.proxy.requests.length
  const { job } = await machine.start({ repository: 'org/app' })
  const main = await job.action({ with: { cache: 'false', offline, bundle: kept, 'bundle-into': into } })
  expect(main.exitCode, main.stdout).toBe(0)
  const shell = await job.shell(
    'go env GOPROXY GONOPROXY GONOSUMDB && go build ./... && go list -m example.com/x@latest 2>&1 || true',
  )
  const proxy = into === 'proxy' ? 'file:///.*' : 'off'
  expect(shell.stdout, shell.stderr).toMatch(new RegExp(`^${proxy}\nnone\n\\*\n`))
  expect(shell.stdout).toContain('example.com/x')
  expect(machine.proxy.requests.length).toBe(before)
  expect(said(main, 'error')).toEqual([])
  expect((await endOf(job)).exitCode).toBe(0)
})

test('a workspace fails to go offline if go.work.sum misses lines that Go would then accept unverified', async () => {
  const machine = await startMachine([lib])
  await machine.write('org/app', {
    'go.work': 'go 1.21\n\nuse ./app\n',
    'app/go.mod': app['go.mod'],
    // It names a module, but not those that builds need.
    'app/go.sum': sumLines(madeModule('example.com/unneeded', 'v1.0.0')),
    'app/app.go': app['app.go'],
  })
  const { job, workspace } = await machine.start({ repository: 'org/app', env: { GONOSUMDB: '*' } })
  await job.shell('cd "$RUNNER_TEMP" && GOWORK=off go mod download example.com/lib@v1.0.0')
  const main = await job.action({ with: { cache: 'false', offline: 'true' } })
  expect(main.exitCode, main.stdout).toBe(1)
  expect(said(main, 'error').join()).toContain('go.work.sum in . does not list every module')
  // The lines that Go added for the check are gone.
  expect(existsSync(path.join(workspace, 'go.work.sum'))).toBe(false)
  expect((await endOf(job)).exitCode).toBe(0)
})
