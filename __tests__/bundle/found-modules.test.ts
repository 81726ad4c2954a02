import { readFileSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { app, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { writeFiles } from '../temporary.ts'

const goMod = readFileSync(path.join(app, 'go.mod'), 'utf8')
const goSum = readFileSync(path.join(app, 'go.sum'), 'utf8')
const code = Object.fromEntries(
  ['main.go', 'greet/greet.go'].map((name) => [name, readFileSync(path.join(app, name), 'utf8')]),
)
/** The files of the fixture module below a directory. */
function module(directory: string, more: Readonly<Record<string, string>> = {}) {
  const files = { 'go.mod': goMod, 'go.sum': goSum, ...code, ...more }
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]))
}

/** Each prevents Go from building the module. */
const unusable: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  template: { 'template/go.mod': 'module {{ .Path }}\n' },
  conflict: module('conflict', { 'go.sum': `<<<<<<< HEAD\n${goSum}` }),
  nowhere: module('nowhere', { 'go.mod': `${goMod}\nreplace github.com/google/uuid => ../gone\n` }),
  unsummed: { 'unsummed/go.mod': goMod, 'unsummed/main.go': code['main.go'] ?? '' },
  incomplete: module('incomplete', { 'go.sum': goSum.replaceAll(/^.*uuid.*\n/gm, '') }),
  newer: module('newer', { 'go.mod': goMod.replace(/^go .*$/m, 'go 1.99') }),
  drifted: module('drifted', { 'vendor/modules.txt': '# example.com/x v1.0.0\n## explicit\n' }),
  ruby: module('ruby', { 'vendor/bundle/x.rb': '' }),
}

test('detected modules that are unusable are skipped with a log line, and the rest is processed', async () => {
  const bed = await startBed()
  await bed.repository(undefined, {
    ...module('services/api'),
    'empty/go.mod': '',
    ...Object.assign({}, ...Object.values(unusable)),
  })
  const { main, shell } = await runnerJob(bed, {
    with: { 'cache-build': 'false' },
    // Makes Go download what go.mod requires.
    env: { GOTOOLCHAIN: 'auto' },
    run: 'cd services/api && GOPROXY=off go list -deps ./... > /dev/null',
  })
  expect(main.exitCode, main.stdout).toBe(0)
  expect([...said(main, 'error'), ...said(main, 'warning')]).toEqual([])
  const notices = said(main, 'notice')
  for (const name of Object.keys(unusable)) {
    const about = notices.filter((one) => one.startsWith(`The module in ${name} is skipped: `))
    expect(about, name).toEqual([expect.stringContaining(`\`!${name}\``)])
  }
  expect(notices).toHaveLength(Object.keys(unusable).length)
  expect(notices.join('\n')).toContain('it requires Go 1.99.0, but no source in GOPROXY has it')
  expect(main.outputs['go-version'], 'what is left out decides nothing').not.toMatch(/^1\.99/)
  expect(main.stdout).toContain('The module in empty is skipped: its go.mod is empty')
  expect(main.stdout).toMatch(/Dependencies of services\/api: \d downloaded/)
  expect(shell?.exitCode, shell?.stderr).toBe(0)
})

test('`!` in `modules` silences that line, and a named module that is unusable fails the job', async () => {
  const bed = await startBed()
  await bed.repository(undefined, { ...module('api'), ...unusable.template, ...unusable.incomplete })
  const modules = '!template\n!incomplete'
  const excluded = await runnerJob(bed, { with: { cache: 'false', modules } })
  expect(excluded.main.exitCode, excluded.main.stdout).toBe(0)
  expect(said(excluded.main, 'notice')).toEqual([])
  const named = await runnerJob(bed, { with: { cache: 'false', modules: 'api\nincomplete' } })
  expect(named.main.exitCode).toBe(1)
  expect(said(named.main, 'error')[0]).toMatch(/go\.sum is missing hashes that a build needs in incomplete/)
})

test('a failed download for a complete go.sum fails the step, and names the input that skips it', async () => {
  const bed = await startBed()
  await bed.repository(undefined, module('example'))
  bed.proxy.fail({ kind: 'zip', module: 'github.com/google/uuid', status: 404 })
  const { main } = await runnerJob(bed, { with: { cache: 'false' } })
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error')[0]).toMatch(/uuid.* To exclude this module, add `!example` to `modules`\./s)
})

test('without go.sum nothing is downloaded or restored unverified, and a later step may write it', async () => {
  const bed = await startBed()
  await bed.repository(app)
  await runnerJob(bed, { with: { 'cache-build': 'false' } })
  await bed.repository(undefined, { 'go.mod': goMod, ...code })
  const before = bed.proxy.requests.length
  const { main, shell, post } = await runnerJob(bed, {
    with: { 'cache-build': 'false' },
    run: 'ls "$GOMODCACHE"; go mod tidy && GOPROXY=off go list -deps ./... > /dev/null',
  })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(said(main, 'notice')).toEqual([expect.stringMatching(/^go\.sum is missing, so .*go mod tidy/)])
  expect(main.stdout).toContain('Dependencies: nothing downloaded, because there is no go.sum')
  expect(main.outputs['modules-cache']).toBe('partial')
  // No checksum database confirms the test modules, so none of their trees stays.
  expect(shell?.stdout).toMatch(/^cache\n$/)
  expect(bed.proxy.requests.length, 'the later step downloads').toBeGreaterThan(before)
  expect(shell?.exitCode, shell?.stderr).toBe(0)
  expect([...said(post, 'error'), ...said(post, 'warning')]).toEqual([])
})

test('a module cache in a checkout without git does not count as modules of the repository', async () => {
  const bed = await startBed()
  await bed.repository(undefined, { ...module('app'), 'README.md': 'x' })
  const gopath = path.join(bed.folder, 'work', 'app', 'gopath')
  const mods = path.join(gopath, 'pkg', 'mod')
  const { main } = await runnerJob(bed, {
    with: { 'cache-modules': 'false', 'dry-run': 'true' },
    env: { GOPATH: gopath, GOMODCACHE: '' },
    prepare: ({ workspace }) => {
      rmSync(path.join(workspace, '.git'), { recursive: true, maxRetries: 5 })
      writeFiles(mods, { 'example.com/x@v1.0.0/go.mod': 'module example.com/x\n', 'odd/go.mod': '{' })
    },
  })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.stdout).toMatch(/Go \S+, example\.com\/app in app$/m)
  expect(said(main, 'notice')).toEqual([])
})

test('in a subdirectory of a module its go.mod is used, and a vendor directory of others is skipped on request', async () => {
  const bed = await startBed()
  await bed.repository(app, { 'docs/x.md': '', 'vendor/bundle/x.rb': '' })
  const refused = await runnerJob(bed, { with: { cache: 'false' } })
  expect(refused.main.exitCode).toBe(1)
  expect(said(refused.main, 'error')).toEqual([
    expect.stringMatching(/directory vendor has no modules\.txt.*-mod=readonly/),
  ])
  expect(bed.proxy.requests).toEqual([])
  const { main, shell } = await runnerJob(bed, {
    with: { cache: 'false', 'working-directory': 'docs', goflags: '-mod=readonly' },
    run: 'GOPROXY=off go list -deps ./... > /dev/null',
  })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.stdout).toContain('inside the module or workspace of go.mod')
  expect(main.stdout).toContain('5 downloaded')
  expect(shell?.exitCode, shell?.stderr).toBe(0)
})
