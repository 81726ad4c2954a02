import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { toolCacheName } from '../../src/gosettings/download-base.ts'
import { downloadEnvironment } from '../../testbed/environment.ts'
import { startGoDownloads } from '../../testbed/go-downloads.ts'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { actJob, annotations, step } from '../harness/act-job.ts'
import { startBed } from '../harness/bed.ts'

const goDeps = 'org/go-deps-action@v0'
/** An address where nothing listens. */
const closed = 'http://127.0.0.1:9'

/** A small module, its own tool cache, and a job that requests a Go and prints which one runs. */
async function bedForGo(files: Readonly<Record<string, string>> = {}) {
  const bed = await startBed()
  await bed.repository(undefined, {
    'go.mod': 'module example.com/small\n\ngo 1.21\n',
    'main.go': 'package main\n\nfunc main() {}\n',
    ...files,
  })
  const toolCache = path.join(bed.folder, 'tools')
  mkdirSync(toolCache)
  const job = (inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) =>
    actJob(
      bed,
      [
        `      - uses: ${goDeps}`,
        '        env:',
        `          RUNNER_TOOL_CACHE: ${toolCache}`,
        '        with:',
        '          cache: false',
        ...Object.entries(inputs).map(([name, value]) => `          ${name}: '${value}'`),
        '      - name: which',
        '        run: go version && echo "GOTOOLCHAIN is $GOTOOLCHAIN"',
        '',
      ].join('\n'),
      { env: { GOTOOLCHAIN: '', ...env } },
    )
  return { toolCache, job }
}

async function downloads(sha256: 'right' | 'wrong') {
  const server = await startGoDownloads({ releases: [`go${oldestGo}`], sha256 })
  onTestFinished(() => server.stop())
  return server
}

describe('go-version', () => {
  test('comes from the tool cache of the runner without a request', async () => {
    const { toolCache, job } = await bedForGo()
    const server = await downloads('right')
    const place = path.join(toolCache, toolCacheName(server.url), oldestGo)
    mkdirSync(place, { recursive: true })
    symlinkSync(await goRoot(oldestGo), path.join(place, process.arch))
    writeFileSync(path.join(place, `${process.arch}.complete`), '')
    const result = await job({ 'go-version': '1.21', 'go-download-base-url': server.url })
    expect(result.exitCode, result.output).toBe(0)
    expect(step(result, 'which').log).toMatch(new RegExp(`go${oldestGo}.*\\nGOTOOLCHAIN is local`))
    expect(step(result, goDeps).outputs['go-version']).toBe(oldestGo)
    expect(server.requests).toEqual([])
  })

  test('is downloaded, verified, and then found in the tool cache', async () => {
    const { toolCache, job } = await bedForGo()
    const server = await downloads('right')
    const inputs = { 'go-version': 'stable', 'go-download-base-url': server.url }
    const result = await job(inputs)
    expect(result.exitCode, result.output).toBe(0)
    expect(step(result, 'which').log).toContain(`go${oldestGo}`)
    const place = path.join(toolCache, toolCacheName(server.url), oldestGo)
    expect(readdirSync(place)).toEqual([process.arch, `${process.arch}.complete`])
    const again = await job(inputs)
    expect(again.exitCode, again.output).toBe(0)
    expect(server.requests.filter(({ kind }) => kind === 'archive')).toHaveLength(1)
  })

  test('fails the job and deletes a download that does not match its SHA-256', async () => {
    const { toolCache, job } = await bedForGo()
    const server = await downloads('wrong')
    const result = await job({ 'go-version': oldestGo, 'go-download-base-url': server.url })
    expect(result.exitCode).not.toBe(0)
    expect(annotations(result, 'error').join()).toMatch(/SHA-256: got [0-9a-f]{64}, expected [0-9a-f]{64}/)
    expect(readdirSync(toolCache, { recursive: true })).toEqual([])
  })

  test('comes through GOPROXY if the download host is unreachable, verified by Go itself', async () => {
    const { toolCache, job } = await bedForGo({ '.tool-versions': `golang ${oldestGo}\n` })
    const environment = { ...process.env, ...downloadEnvironment() }
    const goproxy = execFileSync('go', ['env', 'GOPROXY'], { env: environment, encoding: 'utf8' }).trim()
    const result = await job(
      { 'go-version-file': '.tool-versions', retries: '0' },
      { ...downloadEnvironment(), GO_DOWNLOAD_BASE_URL: closed, GOPROXY: goproxy },
    )
    expect(result.exitCode, result.output).toBe(0)
    expect(step(result, 'which').log).toContain(`go${oldestGo}`)
    expect(annotations(result, 'warning').join()).toMatch(
      /cannot be reached, so the action uses Go's own release of Go 1\.21\.13/,
    )
    expect(result.output).toMatch(/through GOPROXY/)
    expect(readdirSync(path.join(toolCache, 'go', oldestGo))).toContain(`${process.arch}.complete`)
  })
})
