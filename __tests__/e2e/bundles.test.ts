import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { runWorkflow } from '../../testbed/act.ts'
import { annotations, step } from '../bed/act-job.ts'
import { app, startBed } from '../bed/bed.ts'
import { alsoWithoutNetwork, mayLeaveAsIs } from '../bed/network.ts'
import { oneProxy } from '../bundle/made-bundles.ts'
import { temporaryFolder } from '../temporary.ts'

const goDeps = 'org/go-deps-action@v0'

/** One job makes the bundle; the other has empty caches and builds from it where there is no network. */
const workflow = `
name: e2e
on: push
jobs:
  make:
    runs-on: ubuntu-latest
    outputs:
      sha256: \${{ steps.go.outputs.bundle-sha256 }}
    steps:
      - uses: actions/checkout@v6
      - uses: ${goDeps}
        id: go
        with:
          bundle-output: deps.bundle.tar.zst
      - run: cp deps.bundle.tar.zst* "$ARTIFACTS"
  build:
    needs: make
    runs-on: ubuntu-latest
    env:
      GOMODCACHE: \${{ github.workspace }}/../modules
      GOCACHE: \${{ github.workspace }}/../build
      GOPROXY: https://proxy.invalid
    steps:
      - uses: actions/checkout@v6
      - run: cp "$ARTIFACTS"/deps.bundle.tar.zst* .
      - uses: ${goDeps}
        with:
          cache: false
          bundle: deps.bundle.tar.zst
          bundle-sha256: \${{ needs.make.outputs.sha256 }}
          offline: strict
      - run: ${alsoWithoutNetwork} sh -c 'go vet ./tiny && go test ./greet && go env GOPROXY GONOPROXY GOTOOLCHAIN'
`

test.skipIf(!mayLeaveAsIs)('one job makes a bundle, another builds from it without a network', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const artifacts = path.join(temporaryFolder(), 'artifacts')
  mkdirSync(artifacts)
  const result = await runWorkflow({
    repository: bed.checkedOut,
    workflow,
    home: temporaryFolder(),
    env: { ...bed.goEnvironment, ...oneProxy, GOFLAGS: '-trimpath -buildvcs=false', ARTIFACTS: artifacts },
    cacheEnvironment: bed.service.environment(),
    timeoutMs: 240_000,
  })
  expect(result.exitCode, result.output).toBe(0)
  expect(step(result, 'unshare').log).toMatch(/ok\s+\S+\/greet.*file:\/\/\S+\/proxy\s+none\s+local/s)
  // The checksum database is switched off here: there is none.
  expect(annotations(result, 'warning').filter((one) => !one.startsWith('GONOSUMDB'))).toEqual([])
})
