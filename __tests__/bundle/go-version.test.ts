import { existsSync, readdirSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { toolCacheName } from '../../src/gosettings/download-base.ts'
import { startGoDownloads } from '../../testbed/go-downloads.ts'
import { oldestGo } from '../../testbed/go-toolchains.ts'
import { app, startBed } from '../harness/bed.ts'
import { slice } from '../harness/extent.ts'
import { type RanJob, runnerJob, said } from '../harness/runner-job.ts'

const off = { cache: 'false' }
const small = {
  'go.mod': 'module example.com/small\n\ngo 1.21\n',
  'main.go': 'package main\n\nfunc main() {}\n',
}

async function bedForGo(files: Readonly<Record<string, string>> = small) {
  const bed = await startBed()
  await bed.repository(undefined, files)
  const server = await startGoDownloads({ releases: [`go${oldestGo}`] })
  onTestFinished(() => server.stop())
  const job = (inputs: Readonly<Record<string, string>>, run = 'go version; echo "path: $PATH"') =>
    runnerJob(bed, {
      with: { ...off, retries: '0', 'go-download-base-url': server.url, ...inputs },
      env: { GOTOOLCHAIN: '', GOPROXY: 'off' },
      run,
    })
  return { bed, server, job }
}

/** Files that are left in RUNNER_TEMP and in the tool cache inside it. */
function leftovers({ places }: RanJob): readonly string[] {
  const tools = path.join(places.temp, '_tool')
  return [
    ...readdirSync(places.temp).filter((name) => name.startsWith('go-deps-action')),
    ...(existsSync(tools) ? readdirSync(tools) : []),
  ]
}

describe('bad input fails with a specific message, and nothing is installed', () => {
  test.each(
    slice(
      [
        [{ 'go-version': '1.21.99' }, /1\.21\.99.*1\.21\.13/s],
        [{ 'go-version': '>=1.90' }, />=1\.90.*newest.*1\.21\.13/s],
        [{ 'go-version': 'latest' }, /`go-version` is "latest", but .*neither/],
        [{ 'go-version': '1.2' }, /`go-version` is "1\.2", but YAML.*'1\.20'/],
        [{ 'go-version-file': 'nowhere' }, /`go-version-file` is "nowhere", but that file does not exist/],
        [{ 'go-version-file': '.go-version' }, /\.go-version contains no Go version: it is empty/],
        [{ 'go-version-file': 'none/go.mod' }, /none\/go\.mod contains no Go version.*no go line/],
        [
          { 'go-version': '1.21', 'go-download-base-url': 'file:///x' },
          /`go-download-base-url` is "file:\/\/\/x", but /,
        ],
        [{ 'go-version': '1.21', 'go-download-base-url': 'htps://u:pa55@x' }, /is "\*\*\*@x", but /],
      ],
      3,
    ),
  )('%j', async (inputs, sentence) => {
    const { job } = await bedForGo({
      ...small,
      '.go-version': '\n',
      'none/go.mod': 'module example.com/none\n',
    })
    const ran = await job(inputs)
    expect(ran.main.exitCode).toBe(1)
    expect(said(ran.main, 'error')).toEqual([expect.stringMatching(sentence)])
    expect(leftovers(ran)).toEqual([])
    expect(ran.shell?.stdout).not.toContain(oldestGo)
  })

  test('a Go that is too old for go.mod is reported with file and line', async () => {
    const { job } = await bedForGo({ ...small, 'go.mod': 'module example.com/small\n\ngo 1.26.0\n' })
    const { main } = await job({ 'go-version': '1.21' })
    expect(main.exitCode).toBe(1)
    const [error] = main.commands.filter(({ level }) => level === 'error')
    expect(error).toMatchObject({ file: 'go.mod', line: 3 })
    expect(error?.message).toMatch(/requires Go 1\.26\.0 or newer, but this job uses go1\.21\.13/)
  })
})

test('go-version wins over the file, with a warning; Go and the commands that it installs are on PATH', async () => {
  const { job } = await bedForGo({ ...small, '.go-version': '1.99.0\n' })
  const { main, shell, places } = await job({ 'go-version': 'stable', 'go-version-file': '.go-version' })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(said(main, 'warning')).toEqual([expect.stringMatching(/`go-version` applies/)])
  expect(main.outputs['go-version']).toBe(oldestGo)
  expect(shell?.stdout).toContain(`go${oldestGo}`)
  expect(shell?.stdout).toContain(path.join(places.home, 'go', 'bin'))
})

test('a checkout without Go modules still gets Go', async () => {
  const { job } = await bedForGo({ 'README.md': 'no Go here\n' })
  const ran = await job({ 'go-version': '1.21' })
  expect(ran.main.exitCode, ran.main.stdout).toBe(0)
  expect(said(ran.main, 'notice').join()).toContain('no go.mod')
  expect(ran.shell?.stdout).toContain(`go${oldestGo}`)
  expect(ran.main.outputs['go-version']).toBe(oldestGo)
})

test('a dry run prints the source of Go, and installs nothing', async () => {
  const { job, server } = await bedForGo()
  const ran = await job({ 'go-version': '1.21', 'dry-run': 'true', cache: 'true' })
  expect(ran.main.exitCode, ran.main.stdout).toBe(0)
  expect(ran.main.log).toMatch(/Go 1\.21\.13: it would be fetched from http/)
  expect(ran.main.log).toMatch(/ {2}go +go1\.21\.13 +\(effective Go version\)/)
  expect(leftovers(ran)).toEqual([])
  expect(ran.shell?.stdout).not.toContain(oldestGo)
  expect(server.requests.map(({ kind }) => kind)).toEqual(['list'])
})

test('a GOROOT that the job has set does not affect the requested Go', async () => {
  const { bed, server } = await bedForGo()
  const { main, shell } = await runnerJob(bed, {
    with: { ...off, 'go-version': '1.21', 'go-download-base-url': server.url },
    env: { GOTOOLCHAIN: '', GOROOT: path.join(app, 'no', 'goroot') },
    run: 'go env GOROOT',
  })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(shell?.stdout).toContain(path.join(toolCacheName(server.url), oldestGo))
})
