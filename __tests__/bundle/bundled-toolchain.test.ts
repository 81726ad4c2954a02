import { describe, expect, onTestFinished, test } from 'vitest'
import { oldestGo } from '../../testbed/go-toolchains.ts'
import { startBed } from '../harness/bed.ts'
import { alsoWithoutNetwork, mayLeaveAsIs } from '../harness/network.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { keepBundle } from './made-bundles.ts'
import { toolchains } from './served-toolchain.ts'

describe.skipIf(!mayLeaveAsIs)(
  'a bundle holds the Go that builds the modules, and it runs without a network',
  () => {
    test.each(toolchains)(
      '%s',
      async (name, serve) => {
        const bed = await startBed()
        await bed.repository(undefined, {
          'go.mod': 'module example.com/small\n\ngo 1.21\n',
          'small.go': 'package small\n',
        })
        const { proxy, env, stop } = await serve(bed)
        onTestFinished(stop)
        // Go always asks the checksum database about toolchains.
        const asking = { ...env, GONOSUMDB: '*', GOTOOLCHAIN: `go${oldestGo}+auto` }
        const { file, job } = await keepBundle(bed, {
          with: { 'bundle-toolchain': 'true' },
          env: asking,
        })
        expect(job.main.stdout).toMatch(
          name === 'a real one' ? /Bundle .*: 0 module versions, 7\d MB/ : /Bundle .*: 0 module versions/,
        )
        const asked = proxy.requests.length
        const used = await runnerJob(bed, {
          with: { cache: 'false', bundle: file },
          env: { ...asking, GOPROXY: 'off' },
          run: `${alsoWithoutNetwork} bash -ec 'go version && go list ./... && ls -d "$(go env GOMODCACHE)"/golang.org/* && go env GOROOT && go list -m -versions golang.org/toolchain'`,
        })
        expect(used.main.exitCode, used.main.stdout).toBe(0)
        expect(used.main.stdout).toContain(`toolchains go${oldestGo}.`)
        expect(said(used.main, 'error')).toEqual([])
        expect(used.shell?.stdout, used.shell?.stderr).toContain(`go version go${oldestGo}`)
        const root = `${used.places.gomodcache}/golang.org/toolchain@v0.0.1-go${oldestGo}.`
        // The small toolchain runs the real one, which is elsewhere.
        expect(used.shell?.stdout.split(root)).toHaveLength(name === 'a real one' ? 3 : 2)
        expect(used.shell?.stdout).toMatch(new RegExp(`toolchain v0.0.1-go${oldestGo}`))
        expect(proxy.requests.length).toBe(asked)
      },
      300_000,
    )
  },
)
