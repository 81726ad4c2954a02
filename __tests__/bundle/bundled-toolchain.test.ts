import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { startModuleProxy } from '../../testbed/module-proxy.ts'
import { startBed, upstreamProxy } from '../bed/bed.ts'
import { alsoWithoutNetwork, mayLeaveAsIs } from '../bed/network.ts'
import { runnerJob, said } from '../bed/runner-job.ts'
import { keepBundle } from './made-bundles.ts'

test.skipIf(!mayLeaveAsIs)(
  'the Go that builds the modules goes into a bundle, and runs where there is no network',
  async () => {
    const bed = await startBed()
    await bed.repository(undefined, {
      'go.mod': 'module example.com/small\n\ngo 1.21\n',
      'small.go': 'package small\n',
    })
    const folder = path.resolve(await goRoot(oldestGo), '../../cache/download')
    // Through it the checksum database is reached, which Go asks about toolchains whatever is set.
    const proxy = await startModuleProxy({ folder, upstream: await upstreamProxy() })
    onTestFinished(() => proxy.stop())
    const asking = { GONOSUMDB: '*', GOTOOLCHAIN: `go${oldestGo}+auto` }
    const { file, job } = await keepBundle(bed, {
      with: { 'bundle-toolchain': 'true' },
      env: { ...asking, GOPROXY: proxy.url },
    })
    expect(job.main.stdout).toMatch(/Bundle .*: 0 module versions, 7\d MB/)
    const asked = proxy.requests.length
    const used = await runnerJob(bed, {
      with: { cache: 'false', bundle: file },
      env: { ...asking, GOPROXY: 'off' },
      run: `${alsoWithoutNetwork} bash -ec 'go version && go list ./... && go env GOROOT && go list -m -versions golang.org/toolchain'`,
    })
    expect(used.main.exitCode, used.main.stdout).toBe(0)
    expect(used.main.stdout).toContain(`toolchains go${oldestGo}.`)
    expect(said(used.main, 'error')).toEqual([])
    expect(used.shell?.stdout, used.shell?.stderr).toContain(`go version go${oldestGo}`)
    expect(used.shell?.stdout).toContain(
      `${used.places.gomodcache}/golang.org/toolchain@v0.0.1-go${oldestGo}.`,
    )
    expect(used.shell?.stdout).toMatch(new RegExp(`toolchain v0.0.1-go${oldestGo}`))
    expect(proxy.requests.length).toBe(asked)
  },
  300_000,
)
