import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ModuleProxy, startModuleProxy } from '../../testbed/module-proxy.ts'

const run = promisify(execFile)
let folder = ''
let store = ''

// One module with an upper-case letter in its path, in the layout below GOMODCACHE/cache/download.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxy-'))
  store = join(folder, 'download')
  const files = {
    list: 'v1.0.0\n',
    'v1.0.0.info': '{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}',
    'v1.0.0.mod': 'module example.com/Upper\n\ngo 1.21\n',
  }
  for (const [name, text] of Object.entries(files)) {
    const file = join(store, 'example.com/!upper/@v', name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the go command says about the module when it knows only this proxy. */
async function goModList(proxy: ModuleProxy): Promise<string> {
  const cwd = await mkdtemp(join(folder, 'main-'))
  await writeFile(join(cwd, 'go.mod'), 'module example.com/main\n\ngo 1.21\n')
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    GOPROXY: proxy.url,
    GONOSUMDB: '*',
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-mod=mod -modcacherw',
  }
  const { stdout } = await run('go', ['list', '-m', '-versions', 'example.com/Upper'], { cwd, env })
  return stdout.trim()
}

describe('a proxy before a folder', () => {
  test('serves the go command and writes down its requests, decoded', async () => {
    const proxy = await startModuleProxy({ folder: store })
    try {
      expect(await goModList(proxy)).toBe('example.com/Upper v1.0.0')
      expect(proxy.requests).toContainEqual({
        kind: 'list',
        path: '/example.com/Upper/@v/list',
        module: 'example.com/Upper',
        version: '',
        status: 200,
      })
      const mod = await fetch(`${proxy.url}/example.com/!upper/@v/v1.0.0.mod`)
      expect(await mod.text()).toContain('module example.com/Upper')
      expect(proxy.requests.at(-1)).toMatchObject({ kind: 'mod', version: 'v1.0.0' })
    } finally {
      await proxy.stop()
    }
  })

  test.each([
    ['/example.com/none/@v/v1.0.0.zip', 'zip'],
    ['/example.com/!upper/@latest', 'latest'],
    ['/sumdb/sum.example.com/supported', 'sumdb'],
    ['/example.com/..%2f..%2fmain/@v/list', 'list'],
    ['/', 'other'],
  ])('answers 404 to %s', async (path, kind) => {
    const proxy = await startModuleProxy({ folder: store })
    expect((await fetch(proxy.url + path)).status).toBe(404)
    expect(proxy.requests).toMatchObject([{ kind, status: 404 }])
    await proxy.stop()
  })

  test('faults hit what they name, as often as they say', async () => {
    const proxy = await startModuleProxy({ folder: store })
    proxy.fail({ kind: 'info', times: 1, status: 503, body: 'try later' })
    proxy.fail({ kind: 'mod', latencyMs: 200 })
    const get = (file: string): Promise<Response> => fetch(`${proxy.url}/example.com/!upper/@v/${file}`)
    const refused = await get('v1.0.0.info')
    expect([refused.status, await refused.text()]).toEqual([503, 'try later'])
    expect((await get('v1.0.0.info')).status).toBe(200)
    const started = performance.now()
    expect((await get('v1.0.0.mod')).status).toBe(200)
    expect(performance.now() - started).toBeGreaterThan(190)
    await proxy.stop()
  })
})

test('a proxy before another forwards what its folder lacks, the checksum database included', async () => {
  const upstreamStore = join(folder, 'upstream')
  await cp(store, upstreamStore, { recursive: true })
  await mkdir(join(upstreamStore, 'sumdb/sum.example.com'), { recursive: true })
  await writeFile(join(upstreamStore, 'sumdb/sum.example.com/supported'), '')
  const upstream = await startModuleProxy({ folder: upstreamStore })
  const proxy = await startModuleProxy({ folder: join(folder, 'empty'), upstream: `${upstream.url}/` })
  expect(await goModList(proxy)).toBe('example.com/Upper v1.0.0')
  expect((await fetch(`${proxy.url}/sumdb/sum.example.com/supported`)).status).toBe(200)
  expect(upstream.requests.map(({ path }) => path)).toEqual(proxy.requests.map(({ path }) => path))
  await upstream.stop()
  expect((await fetch(`${proxy.url}/example.com/!upper/@v/list`)).status).toBe(502)
  expect(proxy.requests.at(-1)).toMatchObject({ kind: 'list', status: 502 })
  await proxy.stop()
})
