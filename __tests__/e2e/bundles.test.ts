import { mkdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { isMap, parseDocument, visit } from 'yaml'
import { runWorkflow } from '../../testbed/act.ts'
import { oneProxy } from '../bundle/made-bundles.ts'
import { annotations, step } from '../harness/act-job.ts'
import { root, startBed } from '../harness/bed.ts'
import { alsoWithoutNetwork, mayLeaveAsIs } from '../harness/network.ts'
import { smallModule } from '../harness/small-module.ts'
import { temporaryFolder } from '../temporary.ts'

/** Replaces the artifact actions with plain copies, without a service. */
const artifacts = {
  upload: 'cp deps.bundle.tar.zst* "$ARTIFACTS"',
  download: 'cp "$ARTIFACTS"/* .',
}

/** The example, whose second job has empty caches, no GOPROXY, and steps without a network. */
function withoutService(text: string): string {
  const document = parseDocument(text)
  const replaced = new Set<string>()
  visit(document, {
    Map(_, step) {
      const uses = String(step.get('uses') ?? '')
      const [, does] = /^actions\/(upload|download)-artifact@/.exec(uses) ?? []
      if (does === undefined) return
      replaced.add(does)
      return document.createNode({ run: artifacts[does as keyof typeof artifacts] })
    },
  })
  expect([...replaced]).toEqual(['upload', 'download'])
  const build = document.getIn(['jobs', 'build'])
  if (!isMap(build)) throw new Error('there is no job build')
  build.set(
    'env',
    document.createNode({
      GOMODCACHE: '${{ github.workspace }}/../modules',
      GOCACHE: '${{ github.workspace }}/../build',
      GOPROXY: 'https://proxy.invalid',
    }),
  )
  const commands = 'go vet ./... && go test ./... && go env GOPROXY GONOPROXY GOTOOLCHAIN'
  document.addIn(
    ['jobs', 'build', 'steps'],
    document.createNode({ run: `${alsoWithoutNetwork} sh -c '${commands}'` }),
  )
  return String(document)
}

test.skipIf(!mayLeaveAsIs)('one job writes a bundle, another builds from it without a network', async () => {
  const bed = await startBed()
  await bed.repository(undefined, smallModule('', '1.21'))
  const kept = path.join(temporaryFolder(), 'artifacts')
  mkdirSync(kept)
  const result = await runWorkflow({
    repository: bed.checkedOut,
    workflow: withoutService(readFileSync(path.join(root, 'examples/workflows/air-gapped.yml'), 'utf8')),
    home: temporaryFolder(),
    env: { ...bed.goEnvironment, ...oneProxy, GOFLAGS: '-trimpath -buildvcs=false', ARTIFACTS: kept },
    cacheEnvironment: bed.service.environment(),
    timeoutMs: 240_000,
  })
  expect(result.exitCode, result.output).toBe(0)
  expect(step(result, 'unshare').log).toMatch(/ok\s+example\.com\/small.*file:\/\/\S+\/proxy\s+none\s+local/s)
  // The checksum database is off: there is none here.
  expect(annotations(result, 'warning').filter((one) => !one.startsWith('GONOSUMDB'))).toEqual([])
})
