import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { app, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'

describe('bad input fails the job before anything changes', () => {
  test('reports all mistakes at once, each with input, value, allowed values and fix', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { main, post, places } = await runnerJob(bed, {
      with: { 'cache-mode': 'readonly', cache: 'yes', retries: 'many', 'working-directory': 'nowhere' },
    })
    expect(main.exitCode).toBe(1)
    const errors = said(main, 'error')
    expect(errors).toHaveLength(4)
    const words = [
      ['`cache`', '"yes"', '`true` or `false`'],
      ['`cache-mode`', '"readonly"', '`write-only`'],
      ['`retries`', '"many"', '0 to 10'],
      ['`working-directory`', '"nowhere"', 'actions/checkout'],
    ]
    for (const [index, expected] of words.entries()) {
      for (const word of expected) expect(errors[index]).toContain(word)
    }
    expect(bed.service.requests).toEqual([])
    expect(bed.proxy.requests).toEqual([])
    expect([places.gomodcache, places.gocache].filter((one) => existsSync(one))).toEqual([])
    expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-action'))).toEqual([])
    expect(post.exitCode).toBe(0)
    expect(said(post, 'error')).toEqual([])
  })

  test('reports a missing Go on PATH', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { main } = await runnerJob(bed, { env: { PATH: '/nowhere' } })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error')).toEqual([expect.stringMatching(/`go` is not on PATH.*`go-version`/)])
  })

  test('reports a go.mod that does not parse, with file and line', async () => {
    const bed = await startBed()
    await bed.repository(app, { 'go.mod': 'module example.com/app\n\nrequire (\n\texample.com/a\n)\n' })
    const { main } = await runnerJob(bed, { with: { cache: 'maybe' } })
    expect(main.exitCode).toBe(1)
    const errors = main.commands.filter(({ level }) => level === 'error')
    expect(errors.map(({ file, line }) => [file, line])).toEqual([
      [undefined, undefined],
      ['go.mod', 4],
    ])
  })

  test('reports merge conflict markers in go.sum, with the line', async () => {
    const bed = await startBed()
    await bed.repository(app, { 'go.sum': '<<<<<<< HEAD\n=======\n>>>>>>> other\n' })
    const { main } = await runnerJob(bed)
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error').join()).toContain('go.sum:1')
  })

  test('reports a named directory without go.mod', async () => {
    const bed = await startBed()
    await bed.repository(undefined, { 'docs/README.md': 'x' })
    const { main } = await runnerJob(bed, { with: { 'working-directory': 'docs' } })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error').join()).toContain('no go.mod')
  })
})

test('reports GOFLAGS that Go always rejects, from every source, before anything is exported', async () => {
  const bed = await startBed()
  await bed.repository(undefined, {
    'go.work': 'go 1.24\n\nuse ./a\n',
    'a/go.mod': 'module example.com/a\n\ngo 1.24\n',
  })
  const byInput = await runnerJob(bed, { with: { goflags: '-mod=mod' } })
  const byEnvironment = await runnerJob(bed, { env: { GOFLAGS: '-mod=mod -trimpath=yes' } })
  const unknown = await runnerJob(bed, { env: { GOFLAGS: '-trimpaht' } })
  const ran = [byInput, byEnvironment, unknown]
  expect(ran.map(({ main }) => main.exitCode)).toEqual([1, 1, 1])
  expect(ran.map(({ main }) => said(main, 'error').join())).toEqual([
    expect.stringMatching(/-mod=mod.*workspace \(go\.work in \.\).*GOWORK=off/),
    expect.stringMatching(/"-trimpath=…"\) must be -trimpath, -trimpath=true or -trimpath=false/),
    expect.stringMatching(/did you mean `-trimpath`\?/),
  ])
  for (const { main } of ran) expect(main.exported).toEqual({})
})

test('a failed download shows the reason that Go gives, and leaves go.sum unchanged', async () => {
  const bed = await startBed()
  await bed.repository(app)
  bed.proxy.fail({ kind: 'zip', module: 'github.com/google/uuid', status: 404 })
  const { main, post, places } = await runnerJob(bed, {
    with: { 'cache-build': 'false' },
    run: `cd ${'$GITHUB_WORKSPACE'} && git status --porcelain`,
  })
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error')[0]).toMatch(/404.*github\.com\/google\/uuid/s)
  expect(main.stdout, 'and Go’s own words').toMatch(/reading http:\S+uuid\S+: 404/)
  // Modules that did arrive are complete, and saved for the next run.
  expect(post.exitCode).toBe(0)
  expect(bed.service.entries()).toHaveLength(1)
  expect(path.isAbsolute(places.workspace)).toBe(true)
})

test('a transient failure is retried as often as `retries` says', async () => {
  const bed = await startBed()
  await bed.repository(app)
  bed.proxy.fail({ kind: 'zip', module: 'github.com/google/uuid', status: 503, times: 2 })
  const { main } = await runnerJob(bed, { with: { 'cache-build': 'false', retries: '2' } })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.log).toContain('retrying in 1 s (1 of 2)')
  expect(main.log).toContain('retrying in 2 s (2 of 2)')
  bed.proxy.fail({ kind: 'zip', module: 'github.com/google/uuid', status: 429, retryAfter: '3', times: 2 })
  const asked = await runnerJob(bed, { with: { cache: 'false', retries: '1' } })
  expect(asked.main.log).toContain('The server requested a pause of 3 s; retrying in 3 s (1 of 1)')
  expect(asked.main.exitCode).toBe(1)
  bed.proxy.fail({ kind: 'zip', module: 'github.com/google/uuid', status: 503 })
  const again = await runnerJob(bed, { with: { cache: 'false', retries: '0' } })
  expect(again.main.exitCode).toBe(1)
})

test('a go.sum that suffices for builds, but not for the list of all modules, is enough', async () => {
  const bed = await startBed()
  const sums = readFileSync(path.join(app, 'go.sum'), 'utf8').replaceAll(
    /^.*(?:md2man|blackfriday).*\n/gm,
    '',
  )
  await bed.repository(app, { 'go.sum': sums })
  const { main, shell } = await runnerJob(bed, {
    with: { 'cache-build': 'false' },
    run: 'git status --porcelain && GOPROXY=off go list -deps ./... > /dev/null',
  })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.stdout).toContain('5 downloaded')
  expect(shell).toMatchObject({ exitCode: 0, stdout: '' })
})

test('replace lines with missing targets are all reported with their lines, before anything is downloaded', async () => {
  const bed = await startBed()
  const goMod = readFileSync(path.join(app, 'go.mod'), 'utf8')
  const lines = [
    'replace github.com/google/uuid => ../absent',
    'replace github.com/spf13/cobra => git@github.com:spf13/cobra.git v1.10.1',
    'replace example.com/nobody/requires => ./this',
  ]
  await bed.repository(app, { 'go.mod': `${goMod}\n${lines.join('\n')}\n` })
  const { main } = await runnerJob(bed)
  expect(main.exitCode).toBe(1)
  const first = goMod.split('\n').length + 1
  expect(said(main, 'error')).toEqual([
    expect.stringContaining(`go.mod:${first} replaces github.com/google/uuid by the directory ../absent`),
    expect.stringContaining('Write github.com/spf13/cobra v1.10.1'),
  ])
  expect(bed.proxy.requests).toEqual([])
  const later = await runnerJob(bed, { with: { dependencies: 'none', cache: 'false' } })
  expect(later.main.exitCode, later.main.log).toBe(0)
})
