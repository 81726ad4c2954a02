import { existsSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { oldestGo } from '../../testbed/go-toolchains.ts'
import { type Bed, root, startBed } from '../harness/bed.ts'
import { type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'
import { type ServedToolchain, toolchains } from './served-toolchain.ts'

const isOfToolchain = ({ key }: { key: string }) => key.startsWith('godeps.toolchain.v1')

/** A module that requires another Go than the installed one, and a proxy that has it. */
async function bedWithToolchain(serve: (bed: Bed) => Promise<ServedToolchain>) {
  const bed = await startBed()
  await bed.repository(undefined, {
    'go.mod': 'module example.com/small\n\ngo 1.21\n',
    'main.go': 'package main\n\nfunc main() {}\n',
  })
  const served = await serve(bed)
  onTestFinished(served.stop)
  const job = (options: RunnerJob = {}) =>
    runnerJob(bed, {
      with: { 'cache-build': 'false' },
      env: { ...served.env, GONOSUMDB: '', GOTOOLCHAIN: `go${oldestGo}+auto` },
      run: 'go version',
      ...options,
    })
  return { bed, served, job }
}

const zips = ({ proxy }: ServedToolchain) =>
  proxy.requests.filter(({ kind, status }) => kind === 'zip' && status === 200).length

function keysOf(bed: Bed) {
  return bed.service.entries().filter(isOfToolchain)
}

const tree = `"$GOMODCACHE"/golang.org/toolchain@v0.0.1-go${oldestGo}.*`

/**
 * A command that replaces the toolchain's `go` and writes the matching `.ziphash`, so that only the checksum database
 * can tell. The replacement writes a file wherever it runs.
 */
function forgery(bed: Bed): string {
  const script = path.join(bed.folder, 'forge.ts')
  const imports = (name: string, file: string) =>
    `import { ${name} } from ${JSON.stringify(path.join(root, 'src', file))}`
  writeFileSync(
    script,
    `${imports('copiedGoMods', 'cache/gomodcache/toolchain.ts')}
${imports('treeHash', 'cache/archive/hash-files.ts')}
import { rmSync, writeFileSync } from 'node:fs'
const [tree = ''] = process.argv.slice(2)
const [cache = '', version = ''] = tree.split('/golang.org/toolchain@')
writeFileSync(tree + '/bin/go', ${JSON.stringify(`#!/bin/sh\ntouch ${canary(bed)}\necho go version go${oldestGo} linux/amd64\n`)})
for (const file of copiedGoMods(tree)) rmSync(tree + '/' + file)
const hash = await treeHash(tree, 'golang.org/toolchain@' + version)
writeFileSync(cache + '/cache/download/golang.org/toolchain/@v/' + version + '.ziphash', hash)
`,
  )
  return `chmod -R u+w ${tree} && ${process.execPath} ${script} ${tree}`
}

const canary = (bed: Bed) => path.join(bed.folder, 'forged-go-ran')

test.each(toolchains)(
  'the downloaded Go is a separate entry, which is used only if it matches what Go expects: %s',
  async (_, serve) => {
    const { bed, served, job } = await bedWithToolchain(serve)
    const cold = await job({ run: `go version && ${forgery(bed)}` })
    expect(cold.shell?.stdout, cold.shell?.stderr).toContain(`go${oldestGo}`)
    expect(cold.shell?.exitCode, cold.shell?.stderr).toBe(0)
    expect(cold.main.outputs['go-version']).toBe(oldestGo)
    expect(zips(served)).toBe(1)
    expect(keysOf(bed)).toHaveLength(1)

    // Where Go would not ask the database, the forged entry is not even requested.
    const unasked = await job({
      with: { 'cache-build': 'false', offline: 'true' },
      env: {
        ...served.env,
        GOPROXY: `file://${served.folder}`,
        GONOSUMDB: 'golang.org',
        GOTOOLCHAIN: `go${oldestGo}+auto`,
      },
    })
    expect(unasked.main.exitCode, unasked.main.log).toBe(0)
    expect(unasked.main.stdout).toContain('the toolchain could not be verified: GOPROXY is one folder')
    expect(unasked.shell?.stdout).toContain(`go version go${oldestGo}`)
    expect(keysOf(bed), 'nor is one saved').toHaveLength(1)
    expect(existsSync(canary(bed))).toBe(false)

    const healed = await job()
    expect(healed.main.exitCode, healed.main.stdout).toBe(0)
    expect(said(healed.main, 'warning').join()).toMatch(/does not run as go.*checksum mismatch/)
    expect(healed.shell?.stdout).toContain(`go version go${oldestGo}`)
    expect(existsSync(canary(bed)), 'it was never run').toBe(false)
    expect(zips(served), 'it was fetched anew').toBe(2)
    expect(keysOf(bed), 'and saved beside the other').toHaveLength(2)

    const warm = await job({
      run: `go version && go list ./... > /dev/null && find ${tree}/src -name go.mod | head -n 1`,
    })
    expect(warm.main.stdout).toContain('Go toolchain: exact')
    expect(warm.shell?.stdout, warm.shell?.stderr).toMatch(new RegExp(`go${oldestGo}.*\n.*src/.*go\\.mod\n$`))
    expect(zips(served), 'none was fetched again').toBe(2)
    expect(keysOf(bed), 'nor saved again').toHaveLength(2)
  },
  480_000,
)
