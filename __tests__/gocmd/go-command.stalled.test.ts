import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { explainGo } from '../../src/gocmd/explain/explain.ts'
import { goActivity, runGo } from '../../src/gocmd/go-command.ts'
import { psSeconds } from '../../src/platform/activity.ts'
import { testEnv } from '../environment.ts'
import { processesBelow } from '../harness/processes.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const module = { 'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n' }

/** A proxy with a scripted answer. */
async function proxyThat(answers: (response: ServerResponse, asked: string) => void): Promise<string> {
  const server = createServer(({ url }, response) => answers(response, url ?? ''))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Downloads a module from it with real Go. */
async function download(goproxy: string) {
  const folder = temporaryFolder()
  writeFiles(folder, module)
  const environment = {
    ...{ GOPROXY: goproxy, GOMODCACHE: path.join(folder, 'mod'), GOFLAGS: '-modcacherw', GONOSUMDB: '*' },
    ...{ GOTOOLCHAIN: 'local', GOENV: 'off', GOPRIVATE: '', GONOPROXY: 'none' },
  }
  const began = performance.now()
  const args = ['mod', 'download', 'example.com/lib@v1.0.0']
  const ran = await runGo(args, { cwd: folder, env: testEnv(environment), retries: 3 })
  return { ran, folder, seconds: (performance.now() - began) / 1000 }
}

beforeEach(() => {
  vi.stubEnv('GO_DEPS_STALL_SECONDS', '1.5')
  return () => void vi.unstubAllEnvs()
})

describe('a go command', () => {
  test('that waits for a silent proxy is killed once, and the error names the proxy', async () => {
    let asked = 0
    const proxy = await proxyThat(() => void asked++)
    const { ran, folder, seconds } = await download(proxy)
    expect(ran.code).not.toBe(0)
    expect(seconds).toBeLessThan(15)
    expect(asked, 'it is not tried again').toBe(1)
    expect(processesBelow(folder)).toEqual([])
    const explanation = explainGo(ran.stderr, { goproxy: proxy })
    expect(explanation).toMatchObject({
      title: 'the module proxy hangs',
      cause: `Go received nothing for 1.5 s from ${proxy}.`,
    })
  })

  test('with a slow proxy continues as long as data arrives', async () => {
    // An invalid zip, so that Go ends by itself; it arrives over twice the allowed silence.
    const proxy = await proxyThat((response, asked) => {
      response.writeHead(200)
      if (asked.endsWith('.info')) return void response.end('{"Version":"v1.0.0"}')
      if (asked.endsWith('.mod')) return void response.end('module example.com/lib\n')
      let sent = 0
      const timer = setInterval(() => {
        response.write('x'.repeat(40_000))
        if (++sent === 12) response.end()
      }, 250)
      response.on('close', () => clearInterval(timer))
    })
    const { ran, seconds } = await download(proxy)
    expect(ran.stderr).not.toContain('go-deps-action: stopped go')
    expect(seconds).toBeGreaterThan(2.5)
  })
})

/** A group without processes, so that no CPU time is counted. */
const noGroup = -1

describe('watchGo', () => {
  test('distinguishes growing downloads and repositories from no progress, and tolerates missing folders', () => {
    const gomodcache = temporaryFolder()
    const isWorking = goActivity(path.join(gomodcache, 'mod'))
    isWorking(noGroup)
    expect(isWorking(noGroup)).toBe(false)
    for (const file of [
      'download/a/@v/v1.zip',
      'download/a/@v/v2.tmp',
      'vcs/0/objects/pack/tmp_pack',
      'vcs/0/HEAD',
    ]) {
      writeFiles(path.join(gomodcache, 'mod', 'cache'), { [file]: 'x' })
      expect(isWorking(noGroup), file).toBe(true)
      expect(isWorking(noGroup), file).toBe(false)
    }
    writeFiles(path.join(gomodcache, 'mod', 'cache'), { 'download/a/@v/v2.tmp': 'xx' })
    expect(isWorking(noGroup)).toBe(true)
    mkdirSync(path.join(gomodcache, 'mod', 'elsewhere'))
    expect(isWorking(noGroup)).toBe(false)
  })

  test.runIf(process.platform === 'linux')('counts CPU time as progress', () => {
    // The group is the third field after the name (proc_pid_stat(5)).
    const group = Number(readFileSync('/proc/self/stat', 'utf8').replace(/.*\) /s, '').split(' ')[2])
    const isWorking = goActivity(temporaryFolder())
    isWorking(group)
    for (const end = performance.now() + 300; performance.now() < end; ) Math.sqrt(performance.now())
    expect(isWorking(group)).toBe(true)
  })
})

test('parses the CPU time of a group as ps prints it', () => {
  const output = '   17 00:01.50\n  17 01:00:00\n   17 2-00:00:01\n  117 09:09\n\n'
  expect(psSeconds(output, 17)).toBeCloseTo(1.5 + 3600 + 2 * 86_400 + 1)
  expect(psSeconds(output, 7)).toBe(0)
})
