import { copyFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { startModuleProxy } from '../../testbed/module-proxy.ts'
import { upstreamProxy } from '../harness/bed.ts'
import { endOf, startMachine } from './shared-machine.ts'

test('a Go in the bundle is taken from there by name, without any other request', async () => {
  const machine = await startMachine([])
  const folder = path.resolve(await goRoot(oldestGo), '../../cache/download')
  const proxy = await startModuleProxy({ folder, upstream: await upstreamProxy() })
  onTestFinished(() => proxy.stop())
  const toolchain = { GOPROXY: proxy.url, GONOSUMDB: '', GOTOOLCHAIN: `go${oldestGo}+auto` }
  await machine.write('org/app', {
    'go.mod': 'module example.com/app\n\ngo 1.21\n',
    'app.go': 'package app\n',
  })
  const first = await machine.start({ repository: 'org/app', env: toolchain })
  const made = await first.job.action({
    with: { cache: 'false', 'bundle-output': 'deps.tar.zst', 'bundle-toolchain': 'true' },
  })
  expect(made.exitCode, made.stdout).toBe(0)
  const kept = path.join(machine.bed.folder, 'deps.tar.zst')
  for (const end of ['', '.sha256', '.json'])
    copyFileSync(path.join(first.workspace, `deps.tar.zst${end}`), kept + end)
  await endOf(first.job)
  await machine.renew()
  const before = proxy.requests.length
  const { job } = await machine.start({ repository: 'org/app', env: toolchain })
  const main = await job.action({ with: { cache: 'false', offline: 'strict', bundle: kept } })
  expect(main.exitCode, main.stdout).toBe(0)
  const shell = await job.shell('go env GOTOOLCHAIN && go version && go clean -modcache && go version')
  expect(shell.stdout, shell.stderr).toMatch(
    new RegExp(`^go${oldestGo}\ngo version go${oldestGo} .*\ngo version go${oldestGo} `),
  )
  expect(proxy.requests.length).toBe(before)
  expect((await endOf(job)).exitCode).toBe(0)
}, 240_000)
