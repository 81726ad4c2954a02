import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { startModuleProxy } from '../../testbed/module-proxy.ts'
import { type Bed, startBed, upstreamProxy } from '../bed/bed.ts'
import { type RunnerJob, runnerJob, said } from '../bed/runner-job.ts'

const isOfToolchain = ({ key }: { key: string }) => key.startsWith('godeps.toolchain.v1')

/** A module that asks for another Go than is installed, and a proxy that has it. */
async function bedWithToolchain() {
  const bed = await startBed()
  await bed.repository(undefined, {
    'go.mod': 'module example.com/small\n\ngo 1.21\n',
    'main.go': 'package main\n\nfunc main() {}\n',
  })
  const folder = path.resolve(await goRoot(oldestGo), '../../cache/download')
  // Through it the checksum database is reached, of which the folder holds nothing.
  const proxy = await startModuleProxy({ folder, upstream: await upstreamProxy() })
  onTestFinished(() => proxy.stop())
  const job = (options: RunnerJob = {}) =>
    runnerJob(bed, {
      with: { 'cache-build': 'false' },
      env: { GOPROXY: proxy.url, GONOSUMDB: '', GOTOOLCHAIN: `go${oldestGo}+auto` },
      run: 'go version',
      ...options,
    })
  return { bed, proxy, job }
}

const zips = (proxy: Awaited<ReturnType<typeof startModuleProxy>>) =>
  proxy.requests.filter(({ kind, status }) => kind === 'zip' && status === 200).length

function keysOf(bed: Bed) {
  return bed.service.entries().filter(isOfToolchain)
}

const tree = `"$GOMODCACHE"/golang.org/toolchain@v0.0.1-go${oldestGo}.*`

test('the Go that the go command fetches is an entry of its own, which is used only if it is what Go says of it', async () => {
  const { bed, proxy, job } = await bedWithToolchain()
  // The entry that is saved first holds a source file with another end.
  const cold = await job({ run: `go version && chmod -R u+w ${tree} && echo // >> ${tree}/src/fmt/print.go` })
  expect(cold.shell?.stdout, cold.shell?.stderr).toContain(`go${oldestGo}`)
  expect(cold.main.outputs['go-version']).toBe(oldestGo)
  expect(zips(proxy)).toBe(1)
  expect(keysOf(bed)).toHaveLength(1)

  const healed = await job({ run: `go version && tail -n 1 ${tree}/src/fmt/print.go` })
  expect(healed.main.exitCode, healed.main.stdout).toBe(0)
  expect(said(healed.main, 'warning').join()).toMatch(/hashes to h1:.*ziphash says h1:/s)
  expect(healed.shell?.stdout).toMatch(new RegExp(`go${oldestGo}.*\n}\n$`))
  expect(zips(proxy), 'it was fetched anew').toBe(2)
  expect(keysOf(bed), 'and saved beside the other').toHaveLength(2)

  const warm = await job({
    run: `go version && go list ./... > /dev/null && find ${tree}/src -name go.mod | head -n 1`,
  })
  expect(warm.main.stdout).toContain('Go toolchain: exact')
  expect(warm.shell?.stdout, warm.shell?.stderr).toMatch(new RegExp(`go${oldestGo}.*\n.*src/.*go\\.mod\n$`))
  expect(zips(proxy), 'none was fetched again').toBe(2)
  expect(keysOf(bed), 'nor saved again').toHaveLength(2)
}, 240_000)
